// How long a receiver asks to be left alone.
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), as milliseconds from now; at most a day. */
export function parseRetryAfter(
  value: string | string[] | undefined,
  nowMs: number,
): number | null {
  if (typeof value !== 'string') return null
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS)
}
