// Google's error model: `{ error: { code, message, status, details: [ErrorInfo, BadRequest, RetryInfo, …] } }`.
// Pages: "Understand API errors" (Data Manager API) and "ErrorReason"; google/rpc/error_details.proto.
import { durationMsOf } from './duration.ts'

export interface FieldViolation {
  /** `events.events[3].currency`, `destinations[0].operating_account.account_id`: a list's index in brackets. */
  readonly field: string
  readonly description: string
  readonly reason: string
}

export interface RpcStatus {
  /** Canonical code, e.g. INVALID_ARGUMENT; empty when the answer is not in Google's form. */
  readonly status: string
  readonly message: string
  /** ErrorInfo.reason, e.g. ACCESS_TOKEN_SCOPE_INSUFFICIENT. */
  readonly reason: string
  readonly violations: readonly FieldViolation[]
  /** RequestInfo.requestId, which Google's support asks for. */
  readonly requestId: string
  readonly retryDelayMs: number | undefined
}

type Part = Readonly<Record<string, unknown>>

/** Reads whatever came; never throws. */
export function rpcStatusOf(body: unknown): RpcStatus {
  const error = partOf(partOf(body).error)
  const details = listOf(error.details)
  const detail = (type: string) =>
    details.find((each) => textOf(each['@type']).endsWith(`/google.rpc.${type}`)) ?? {}
  return {
    status: textOf(error.status),
    message: textOf(error.message),
    reason: textOf(detail('ErrorInfo').reason),
    violations: listOf(detail('BadRequest').fieldViolations).map((each) => ({
      field: textOf(each.field),
      description: textOf(each.description),
      reason: textOf(each.reason),
    })),
    requestId: textOf(detail('RequestInfo').requestId),
    retryDelayMs: durationMsOf(detail('RetryInfo').retryDelay),
  }
}

/** Position in `events` or `audience_members` that a violation is about, else null. */
export function eventIndexOf({ field }: FieldViolation): number | null {
  const index = /(?:^|\.)(?:events|audience_?[mM]embers)\[(\d+)\]/.exec(field)?.[1]
  return index === undefined ? null : Number(index)
}

const partOf = (value: unknown): Part =>
  typeof value === 'object' && value !== null ? (value as Part) : {}
const listOf = (value: unknown): readonly Part[] => (Array.isArray(value) ? value.map(partOf) : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
