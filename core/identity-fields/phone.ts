// Telephone numbers as +E.164: what was written, and whether it says its country. A number with a country code costs a
// scan and one look-up; a national number is read by phone-reading.ts. Nothing is guessed: without a country code and
// without a country the number is left out, because a wrong country code makes a hash that matches a stranger or nobody.
import { hintedCountry } from './address.ts'
import { type FieldHints, type FieldResult, missing } from './field.ts'
import { planOfRegion } from './phone-plan.ts'
import { international, national } from './phone-reading.ts'

/** `+4915112345678`, as Google, TikTok and Klaviyo want it. */
export function internationalPhone(text: string, hints: FieldHints): FieldResult {
  const written = scan(text)
  if (written === null) return missing('malformed')
  const { digits } = written
  if (written.plus) return international(digits, written.trunkInBrackets)
  const region = hintedCountry(hints)
  const prefix = dialledPrefix(digits, region)
  if (prefix > 0) return international(digits.slice(prefix), written.trunkInBrackets - prefix)
  const plan = region === null ? undefined : planOfRegion(region)
  return plan ? national(digits, plan) : missing('no_country')
}

/** `4915112345678`, as Meta wants it. */
export function phoneDigits(text: string, hints: FieldHints): FieldResult {
  const result = internationalPhone(text, hints)
  return 'missing' in result ? result : { value: result.value.slice(1) }
}

/**
 * As internationalPhone but for China: "If the country code is 86, then do not include country code (example:
 * 13800000000). Otherwise, include country code with +" (TikTok, "Report a Web Event").
 */
export function tiktokPhone(text: string, hints: FieldHints): FieldResult {
  const result = internationalPhone(text, hints)
  if ('missing' in result || !result.value.startsWith('+86')) return result
  return { value: result.value.slice(3) }
}

interface Written {
  readonly plus: boolean
  readonly digits: string
  /** Where `(0)` stood among the digits: "+49 (0) 151 …" names the trunk prefix that is not dialled from abroad. */
  readonly trunkInBrackets: number
}

const SIMPLE = /^\+?\d{5,17}$/
const SEPARATORS = /[\s\-.()/\u2010-\u2015\u2212\uff0d[\]~*]+/g
// `;ext=12` (RFC 3966), "ext. 12", "x12", "#12": the extension is not part of E.164.
const EXTENSION = /(?:;.*|,.*|(?:\s|-)*(?:ext|extn|extension|x|#)[.:\s]*\d{1,7}#?)$/i
const OTHER_DIGITS = /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff10-\uff19]/g

function scan(text: string): Written | null {
  if (SIMPLE.test(text)) return split(text, -1)
  // Nearly every other number is written with spaces, dashes and dots; the patterns below cost five times as much.
  const usual = text.replace(/[ .-]+/g, '')
  if (SIMPLE.test(usual)) return split(usual, -1)
  let bare = text.replace(OTHER_DIGITS, asciiDigit).replace('\uff0b', '+')
  bare = bare.replace(/^tel:/i, '').replace(EXTENSION, '')
  const bracket = /\(\s*0\s*\)/.exec(bare)
  const trunkAt = bracket ? bare.slice(0, bracket.index).replace(/\D+/g, '').length : -1
  const compact = bare.replace(SEPARATORS, '')
  return SIMPLE.test(compact) ? split(compact, trunkAt) : null
}

const split = (text: string, trunkInBrackets: number): Written =>
  text.startsWith('+')
    ? { plus: true, digits: text.slice(1), trunkInBrackets }
    : { plus: false, digits: text, trunkInBrackets }

// Arabic-Indic, Persian, Devanagari and full-width digits: blocks of ten that begin at their zero.
function asciiDigit(digit: string): string {
  const code = digit.charCodeAt(0)
  const zero = code >= 0xff10 ? 0xff10 : code >= 0x966 ? 0x966 : code >= 0x6f0 ? 0x6f0 : 0x660
  return String(code - zero)
}

// 00 is the ITU's recommended international prefix (E.164, annex A) and needs no country; the others count only where
// they are dialled. The number of digits to take off, 0 for none.
function dialledPrefix(digits: string, region: string | null): number {
  const own = region === null ? undefined : EXIT_CODES[region]
  if (own !== undefined && digits.startsWith(own)) return own.length
  if (digits.startsWith('00')) return 2
  return region !== null && digits.startsWith('011') && planOfRegion(region)?.callingCode === '1'
    ? 3
    : 0
}

const EXIT_CODES: Readonly<Record<string, string>> = {
  AU: '0011',
  JP: '010',
  RU: '810',
  KZ: '810',
  BY: '810',
  TJ: '810',
  TM: '810',
}
