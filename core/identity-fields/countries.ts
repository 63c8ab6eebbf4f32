// A country as ISO 3166-1 alpha-2, from the code itself, alpha-3, or one of the names of country-names.ts.
import { COUNTRY_NAMES } from './country-names.ts'
import { type FieldResult, missing } from './field.ts'

/** Every alpha-2 code that countryCode answers. */
export const COUNTRY_CODES: readonly string[] = COUNTRY_NAMES.trim()
  .split('\n')
  .map((line) => line.trim().slice(0, 2))

const CODES: ReadonlySet<string> = new Set(COUNTRY_CODES)
// Codes that people use for the ISO ones: the United Kingdom's country domain and the EU's code of Greece.
const OTHER_CODES: Readonly<Record<string, string>> = { UK: 'GB', EL: 'GR' }

/** `DE` for `de`, `DEU`, `Germany`, `Deutschland`; null for what is none of them. */
export function countryCode(raw: string): string | null {
  if (raw.length === 2) {
    const upper = raw.toUpperCase()
    return CODES.has(upper) ? upper : (OTHER_CODES[upper] ?? null)
  }
  const name = folded(raw.toLowerCase())
  return name.length < 3 ? null : (lineCode(` ${name} `) ?? lineCode(` ${name.toUpperCase()} `))
}

// The first two letters of the line that holds the text.
function lineCode(text: string): string | null {
  const at = COUNTRY_NAMES.indexOf(text)
  if (at < 0) return null
  const start = COUNTRY_NAMES.lastIndexOf('\n', at) + 2
  return COUNTRY_NAMES.slice(start, start + 2)
}

// Names differ in accents, dots and spaces: "Côte d’Ivoire", "U.S.A.", "Viet Nam". With a digit it is no name.
const folded = (name: string): string =>
  /\d/.test(name) ? '' : name.normalize('NFD').replace(/[^a-z]/g, '')

export const upperCountry = (text: string): FieldResult => countryField(text, false)
export const lowerCountry = (text: string): FieldResult => countryField(text, true)

function countryField(text: string, lower: boolean): FieldResult {
  const code = countryCode(text)
  if (code === null) return missing('malformed')
  return { value: lower ? code.toLowerCase() : code }
}
