// Requests to Klaviyo's JSON:API, and what their answers mean. "Rate limits and error handling",
// https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling
import type { RequestClient } from '@segment/actions-core'
import { isJsonObject, type JsonObject, objectAt } from '../../core/json.ts'
import {
  type Answer,
  answerOf,
  kindOfStatus,
  quoted,
  retryAfterMs,
} from '../vendor-answers/answer.ts'
import type { Failure } from '../vendor-answers/verdict.ts'
import type { Settings } from './generated-types.ts'

export const DEFAULT_BASE_URL = 'https://a.klaviyo.com'
/** A revision is served for two years: "API versioning and deprecation policy". */
export const DEFAULT_REVISION = '2026-01-15'

export interface KlaviyoCall {
  readonly method: 'get' | 'post' | 'delete'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly json?: JsonObject
}

export async function callKlaviyo(
  request: RequestClient,
  settings: Settings,
  { method, path, query, json }: KlaviyoCall,
): Promise<Answer> {
  // Percent-encoded: a + that is not encoded arrives as a space and finds nobody.
  const search = query ? `?${new URLSearchParams(query)}` : ''
  const response = await request(`${settings.base_url || DEFAULT_BASE_URL}/api/${path}${search}`, {
    method,
    ...(json ? { json } : {}),
    redirect: 'manual',
    throwHttpErrors: false,
  })
  return answerOf(response)
}

/** Null for a success. `rows`: how the request's own rows are numbered in the batch. */
export function readKlaviyoFailure(
  answer: Answer,
  settings: Settings,
  rows: readonly number[] = [],
): Failure | null {
  const { status } = answer
  if (status >= 200 && status < 300) return null
  const errors = Array.isArray(answer.body?.errors) ? answer.body.errors.filter(isJsonObject) : []
  const message = messageOf(status, errors, settings.api_key)
  if (status === 401 || status === 403) return { kind: 'credentials', message }
  const kind = kindOfStatus(status)
  if (kind === 'wait') {
    const waitMs = retryAfterMs(answer)
    return { kind, status, message, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) }
  }
  if (isAboutList(errors) || status === 404) {
    return { kind: 'settings', message, code: 'AUDIENCE_UNAVAILABLE' }
  }
  if (kind === 'settings') return { kind, message }
  if (status !== 400 && status !== 413) return { kind: 'refused', status, message }
  return { kind: 'event', message, culprit: culpritIn(errors, rows) }
}

// The pointer goes into our own request: /data/3/id, /data/attributes/profiles/data/3/attributes/email.
const CULPRIT = /^\/data\/(?:attributes\/profiles\/data\/)?(\d+)(?:\/|$)/

function culpritIn(errors: readonly JsonObject[], rows: readonly number[]): number | null {
  for (const error of errors) {
    const found = CULPRIT.exec(String(objectAt(error, 'source')?.pointer ?? ''))
    const row = found ? rows[Number(found[1])] : undefined
    if (row !== undefined) return row
  }
  return null
}

// Bulk imports say so of a list with status 400.
const isAboutList = (errors: readonly JsonObject[]) =>
  errors.some(({ detail }) => /\blist\b.*\bdoes not exist\b/i.test(String(detail)))

function messageOf(status: number, errors: readonly JsonObject[], key: string): string {
  const said = errors.slice(0, 3).map((error) => {
    const pointer = String(objectAt(error, 'source')?.pointer ?? '')
    // What Klaviyo says of an address repeats it.
    const detail = quoted(error.detail, key).replace(/\S+@\S+/g, '***')
    return [String(error.code ?? ''), pointer, detail].filter(Boolean).join(' ')
  })
  return `Klaviyo answered ${status}, want 2xx${said.length > 0 ? `: ${said.join('; ')}` : ''}`
}
