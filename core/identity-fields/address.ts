// Regions and postal codes, the two fields whose rules depend on the country.
import { countryCode } from './countries.ts'
import { type FieldHints, type FieldResult, missing } from './field.ts'
import { composed, lettersOnly } from './text-rules.ts'
import { US_STATES } from './us-states.ts'

const SUBDIVISION = /^([a-z]{2})-([a-z0-9]{1,3})$/i
const DIGIT = /\d/
const PLAIN_CODE = /^[a-z0-9]+$/

export const hintedCountry = (hints: FieldHints): string | null =>
  hints.country === undefined ? null : countryCode(hints.country)

/**
 * Meta `st`: the two-letter code of a US state, elsewhere the region's name, lower case without punctuation or spaces.
 * Names become codes only where the country is known to be the United States: Montana is a region of Bulgaria too.
 */
export function regionLetters(text: string, hints: FieldHints): FieldResult {
  // ISO 3166-2 (`US-CA`) carries the country in the code.
  const iso = text.charAt(2) === '-' ? SUBDIVISION.exec(text) : null
  if (iso?.[1] !== undefined && iso[2] !== undefined && countryCode(iso[1]) !== null) {
    const code = lettersOnly(iso[2])
    if (!('missing' in code)) return code
  }
  const result = lettersOnly(text)
  if ('missing' in result || hintedCountry(hints) !== 'US') return result
  return { value: US_STATES.get(result.value) ?? result.value }
}

/** Meta `zp`, TikTok `zip_code`: lower case, no spaces, no dash; only the first five digits in the United States. */
export function compactPostalCode(text: string, hints: FieldHints): FieldResult {
  const lower = text.toLowerCase()
  // Postal codes are of Latin letters and digits everywhere; Japan writes them full-width too, which NFKC undoes.
  const value = PLAIN_CODE.test(lower) ? lower : lower.normalize('NFKC').replace(/[^a-z0-9]+/g, '')
  // Every postal code there is has a digit; "n/a" and "none" have none.
  if (value.length < 2 || value.length > 12 || !DIGIT.test(value)) return missing('malformed')
  const country = hintedCountry(hints)
  if (country === 'US') return firstFive(value)
  // Five digits, dash, four digits is ZIP+4 in the United States and a whole postal code in Saudi Arabia.
  return country === null && /^\d{5}-\d{4}$/.test(text) ? missing('no_country') : { value }
}

// Four digits are a code that lost its leading zero in a spreadsheet, or no code: which one cannot be told.
const firstFive = (value: string): FieldResult =>
  /^\d{5}(?:\d{4})?$/.test(value) ? { value: value.slice(0, 5) } : missing('malformed')

/** GA4: "remove . and ~ characters, remove leading and trailing spaces". */
export function analyticsPostalCode(text: string): FieldResult {
  const value = composed(text.replace(/[.~]+/g, ''))
  return DIGIT.test(value) ? { value } : missing('malformed')
}

/** Google Ads takes US codes with their extension and says that it may improve the match, so nothing is cut. */
export const wholePostalCode = (text: string): FieldResult =>
  DIGIT.test(text) ? { value: text } : missing('malformed')
