// An HTTP answer as the platforms' rules read it: status, headers and whatever JSON there is.
import type { ModifiedResponse } from '@segment/actions-core'
import { isJsonObject, type JsonObject } from '../../core/json.ts'

export interface Answer {
  readonly status: number
  /** The body when it is a JSON object, whatever its content type says: Graph sends JSON as text/javascript too. */
  readonly body: JsonObject | null
  header(name: string): string | null
}

export function answerOf(response: ModifiedResponse): Answer {
  return {
    status: response.status,
    body: jsonIn(response),
    header: (name) => response.headers.get(name),
  }
}

function jsonIn({ data, content }: ModifiedResponse): JsonObject | null {
  if (isJsonObject(data)) return data
  try {
    const parsed: unknown = JSON.parse(content)
    return isJsonObject(parsed) ? parsed : null
  } catch {
    // A proxy's page: the status alone decides.
    return null
  }
}

const DAY_MS = 24 * 60 * 60 * 1000

/** `Retry-After` in milliseconds, at most a day. Its date form is read against the answer's own `Date`: no clock here. */
export function retryAfterMs(answer: Answer): number | undefined {
  const value = answer.header('retry-after')
  if (value === null) return undefined
  const waitMs = /^\d+$/.test(value)
    ? Number(value) * 1000
    : Date.parse(value) - Date.parse(answer.header('date') ?? '')
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), DAY_MS)
}

const MAX_MESSAGE = 300

/** A platform's words for an error message: cut, and without the token, which Graph quotes when it cannot read it. */
export function quoted(text: unknown, token: string): string {
  if (typeof text !== 'string') return ''
  const safe = token === '' ? text : text.replaceAll(token, '***')
  return safe.length > MAX_MESSAGE ? `${safe.slice(0, MAX_MESSAGE)}…` : safe
}

/** What a status says when the body says nothing. */
export function kindOfStatus(status: number): 'wait' | 'settings' | 'event' | 'refused' {
  if (status === 408 || status === 423 || status === 425 || status === 429) return 'wait'
  if (status >= 500 && status !== 501) return 'wait'
  // A redirect is not followed: a POST would become a GET, and the token would go to another host.
  if ((status >= 300 && status < 400) || status === 404) return 'settings'
  return status === 413 ? 'event' : 'refused'
}
