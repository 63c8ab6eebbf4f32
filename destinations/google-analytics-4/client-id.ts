// `client_id`: the browser as Analytics knows it. The reference asks for the tag's own id; an event whose browser had no
// tag gets an id made of what is known, so that all events of one browser are one client.
import { sha256Hex } from '../../core/identity-fields/digest.ts'

// The cookie `_ga`: version, number of the domain's parts, then the id, two numbers: GA1.1.1234567890.1700000000.
const COOKIE = /^GA\d\.[\d-]+\.(.+)$/
const LARGEST = 2_147_483_647

/** The id given, taken out of the cookie's value if it is one; else one derived of the first seed there is; else null. */
export function clientIdOf(
  given: string | undefined,
  ...seeds: readonly (string | undefined)[]
): string | null {
  const trimmed = given?.trim()
  if (trimmed) return COOKIE.exec(trimmed)?.[1] ?? trimmed
  const seed = seeds.find(Boolean)
  return seed === undefined ? null : derivedClientId(seed)
}

/** Two positive 31-bit numbers of the seed's SHA-256, in the form of an id that the tag makes. Same seed, same id. */
export function derivedClientId(seed: string): string {
  const digest = sha256Hex(seed)
  const number = (at: number) => (Number.parseInt(digest.slice(at, at + 8), 16) % LARGEST) + 1
  return `${number(0)}.${number(8)}`
}
