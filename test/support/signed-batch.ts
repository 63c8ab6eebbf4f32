// Batches as the destination function sends them: canonicalised by the deployed table and signed.
import type { Batch } from '../../core/batch.ts'
import { canonicalise } from '../../core/canonicalise.ts'
import type { JsonObject } from '../../core/json.ts'
import { signatureTimestamp, signedHeaders } from '../../core/signature.ts'
import { table } from '../core/support/table.ts'

export const ACCOUNT = 'acct_live_123'
/** One live secret and one API key for each environment. */
export const SECRETS = {
  production: 'production-secret-0001',
  staging: 'staging-secret-000001',
} as const
export const API_KEYS = { production: 'production-key-00001', staging: 'staging-key-00000001' }
export type EnvironmentName = keyof typeof SECRETS

export interface SigningOptions {
  readonly environment?: EnvironmentName | undefined
  /** Default: the environment's live one. */
  readonly secrets?: readonly string[]
  readonly account?: string
  readonly nowMs: number
}

export interface SignedRequest {
  readonly method: 'POST'
  readonly headers: Record<string, string>
  readonly body: string
}

export function batchOf(messages: readonly JsonObject[]): Batch {
  return { batch: messages.map((message) => canonicalise(message, table)) }
}

export function signedRequest(body: string, options: SigningOptions): SignedRequest {
  const { environment = 'production', account = ACCOUNT, nowMs } = options
  const { secrets = [SECRETS[environment]] } = options
  const timestamp = signatureTimestamp(nowMs)
  const headers = signedHeaders(secrets, { account, environment, timestamp, body })
  return { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body }
}

/** `Order Completed` of an order, with what a test adds or replaces at the top level. */
export function orderMessage(orderId: string, over: JsonObject = {}): JsonObject {
  return {
    type: 'track',
    event: 'Order Completed',
    messageId: `msg-${orderId}`,
    userId: `user-${orderId}`,
    timestamp: '2026-04-23T10:15:00.000Z',
    properties: { order_id: orderId, revenue: 129.95, currency: 'EUR' },
    ...over,
  }
}
