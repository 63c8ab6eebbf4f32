// Addresses of mail. Only what the platforms' pages ask for is changed: a rule applied elsewhere too would make a hash
// that matches nobody.
import { type FieldResult, missing } from './field.ts'
import { composed } from './text-rules.ts'

// Not RFC 5321 whole: one @, no spaces or brackets, a domain with a dot. Letters of any script pass (RFC 6531).
const ADDRESS = /^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"'./]+(?:\.[^\s@<>()[\]\\,;:"'./]+)+$/
// RFC 5321 section 4.5.3.1.3 less the angle brackets.
const MAX_LENGTH = 254

/** Lower case, trimmed; spaces inside make it malformed, because no page but Google's says to remove them. */
export function plainEmail(text: string): FieldResult {
  const value = composed(text.toLowerCase())
  return value.length <= MAX_LENGTH && ADDRESS.test(value) ? { value } : missing('malformed')
}

/**
 * Data Manager API, "Format user data": remove all spaces; at gmail.com and googlemail.com remove the dots of the local
 * part and everything from its plus sign. googlemail.com stays as it is: the page does not say to rename it.
 */
export const googleEmail = (text: string): FieldResult => gmailEmail(text, true)

/**
 * GA4, "Send user-provided data": remove all spaces; at Gmail remove the dots before @. The page says nothing of the plus
 * sign, so it stays.
 */
export const analyticsEmail = (text: string): FieldResult => gmailEmail(text, false)

function gmailEmail(text: string, withoutPlus: boolean): FieldResult {
  const result = plainEmail(text.replace(/\s+/g, ''))
  if ('missing' in result) return result
  const { value } = result
  if (!value.endsWith('@gmail.com') && !value.endsWith('@googlemail.com')) return result
  const at = value.indexOf('@')
  const plus = withoutPlus ? value.indexOf('+') : -1
  const local = value.slice(0, plus >= 0 && plus < at ? plus : at).replaceAll('.', '')
  return local === '' ? missing('malformed') : { value: composed(local + value.slice(at)) }
}
