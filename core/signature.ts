// The signed batch (design 3.4): HMAC-SHA256 in hex over `timestamp.account.environment.body`. Signed afresh on every
// attempt; several signatures in one header let secrets overlap during rotation.
import { createHmac, timingSafeEqual } from 'node:crypto'

export const SIGNATURE_SCHEME = 'sha256='

export const HEADERS = {
  account: 'X-TrackLayer-Account',
  environment: 'X-TrackLayer-Environment',
  timestamp: 'X-TrackLayer-Timestamp',
  signature: 'X-TrackLayer-Signature',
} as const

export interface SignedContent {
  /** ISO 8601 instant in UTC with second precision, e.g. `2026-04-23T10:15:30Z`. */
  readonly timestamp: string
  readonly account: string
  readonly environment: string
  /** The exact request body: text, or the bytes as received. */
  readonly body: string | Uint8Array
}

/** One signature as it stands in the header: `sha256=` and 64 hexadecimal digits. */
export function sign(secret: string, content: SignedContent): string {
  return SIGNATURE_SCHEME + digest(secret, content).toString('hex')
}

/** The four headers of a signed request, signed with each of `secrets` in turn. */
export function signedHeaders(
  secrets: readonly string[],
  content: SignedContent,
): Record<string, string> {
  return {
    [HEADERS.account]: content.account,
    [HEADERS.environment]: content.environment,
    [HEADERS.timestamp]: content.timestamp,
    [HEADERS.signature]: secrets.map((secret) => sign(secret, content)).join(','),
  }
}

/**
 * True when any signature of the header was made with any of `secrets`. Every pair is compared in constant time and
 * none ends the search early, so the answer's timing says nothing about which secret or signature matched.
 */
export function verify(
  secrets: readonly string[],
  content: SignedContent,
  signatureHeader: string,
): boolean {
  const offered = signatureHeader.split(',').map((part) => digestOf(part.trim()))
  let matched = false
  for (const secret of secrets) {
    const expected = digest(secret, content)
    for (const candidate of offered) {
      const same = timingSafeEqual(expected, candidate ?? Buffer.alloc(32))
      matched = (candidate !== null && same) || matched
    }
  }
  return matched
}

/** The header form of an instant: ISO 8601, UTC, whole seconds. */
export function signatureTimestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`
}

/** Design 3.4: five minutes either way. Checked after the signature, so only a holder of the secret learns of it. */
export const TOLERANCE_MS = 5 * 60 * 1000

/** True when the header's instant lies within the tolerance of `nowMs`; false also for what is no instant. */
export function isFresh(timestamp: string, nowMs: number, toleranceMs = TOLERANCE_MS): boolean {
  const at = Date.parse(timestamp)
  return Number.isFinite(at) && Math.abs(nowMs - at) <= toleranceMs
}

function digest(secret: string, { timestamp, account, environment, body }: SignedContent): Buffer {
  const hmac = createHmac('sha256', secret).update(`${timestamp}.${account}.${environment}.`)
  if (typeof body !== 'string') return hmac.update(body).digest()
  for (let start = 0; start < body.length; ) {
    const end = sliceEnd(body, start)
    hmac.update(body.slice(start, end))
    start = end
  }
  return hmac.digest()
}

// Text with an umlaut is made into bytes character by character, text without is copied as it stands: in slices one name
// does not make the signature of its whole batch take twice as long.
const SLICE = 1024

// Never between the halves of a surrogate pair.
function sliceEnd(text: string, start: number): number {
  const end = start + SLICE
  const isSplit = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800
  return isSplit ? end - 1 : end
}

function digestOf(signature: string): Buffer | null {
  return /^sha256=[0-9a-f]{64}$/.test(signature)
    ? Buffer.from(signature.slice(SIGNATURE_SCHEME.length), 'hex')
    : null
}
