// SHA-256 as every platform takes it, lower-case hex, and the recognition of a value that already is a digest.
import * as crypto from 'node:crypto'

const HEX = /^[0-9a-f]{64}$/i
// 32 bytes in base64: 43 characters and one `=`; the last character carries four bits, so only sixteen are possible.
const BASE64 = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/

type OneShot = (algorithm: 'sha256', text: string, encoding: 'hex') => string

// One-shot hashing is twice as fast and is absent before Node 20.12 and 21.7 (the Functions host may run Node 18).
const oneShot: OneShot | undefined = (crypto as { hash?: OneShot }).hash

/** Lower-case hex SHA-256 of the text's UTF-8 bytes. */
export const sha256Hex: (text: string) => string =
  typeof oneShot === 'function'
    ? (text) => oneShot('sha256', text, 'hex')
    : (text) => crypto.createHash('sha256').update(text, 'utf8').digest('hex')

/**
 * The digest in lower-case hex when the text is one already, else null. Hex in any case, because senders use both and
 * the platforms compare bytes of text; base64, because Google's Data Manager API documents it as the other encoding.
 */
export function digestOf(text: string): string | null {
  if (text.length === 64) return HEX.test(text) ? text.toLowerCase() : null
  if (text.length === 44 && BASE64.test(text)) return Buffer.from(text, 'base64').toString('hex')
  return null
}

/** As digestOf, without base64: an opaque id is often 32 random bytes in base64 and is no digest then. */
export function hexDigestOf(text: string): string | null {
  return text.length === 64 && HEX.test(text) ? text.toLowerCase() : null
}
