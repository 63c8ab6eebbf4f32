// What the platforms call trimming, lower-casing, punctuation and spaces. Every rule ends in NFC: the platforms hash
// bytes, and a name typed on a Mac (decomposed) must hash like the same name typed elsewhere.
import { type FieldResult, missing } from './field.ts'

// ASCII, and the letters of western and central Europe as one code point each (Latin-1, Latin Extended-A): nothing in
// them is invisible, and NFC leaves them as they are.
const UNUSUAL = /[^\x20-\x7e\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f]/
// Controls (with NUL), zero-width and direction marks: they come along when numbers and names are copied from phones.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]+/gu
const PUNCTUATION = /[\p{P}\p{S}]+/gu
const PUNCTUATION_AND_SPACE = /[\p{P}\p{S}\s]+/gu
const PUNCTUATION_SPACE_AND_DIGITS = /[\p{P}\p{S}\s\p{N}]+/gu
const SYMBOLS_AND_DIGITS = /[\p{P}\p{S}\p{N}]+/gu
const SPACES = /\s+/g
const LETTER = /[\p{L}\p{N}]/u

/** Trimmed text without invisible characters; the usual letters pass untouched. */
export function clean(raw: string): string {
  return UNUSUAL.test(raw)
    ? raw.replace(/\s/g, ' ').replace(INVISIBLE, '').normalize('NFC').trim()
    : raw.trim()
}

/** Trimmed, and in NFC again: what was removed may have stood between a letter and its accent. */
export const composed = (text: string): string =>
  (UNUSUAL.test(text) ? text.normalize('NFC') : text).trim()

// Most names and places are one word of usual letters; they need none of the patterns for other scripts, which cost five
// times as much.
const ONE_WORD = /^[a-z\u00df-\u00f6\u00f8-\u017f]+$/
const ONE_TOKEN = /^[a-z0-9\u00df-\u00f6\u00f8-\u017f]+$/
// Ids are often of several parts: letters, digits and punctuation without a space.
const SPACELESS = /^[\x21-\x7e]+$/
const LETTER_OR_DIGIT = /[a-z0-9]/

/** Lower case, trimmed, inner runs of space as one. */
export const lowered = (text: string): FieldResult => finished(text.toLowerCase())

/** As sent, trimmed. */
export const asSent = (text: string): FieldResult => ({ value: text })

/** Lower case, no punctuation, no spaces. */
export function lettersAndDigits(text: string): FieldResult {
  const value = text.toLowerCase()
  return ONE_TOKEN.test(value) ? { value } : finished(value, PUNCTUATION_AND_SPACE)
}

/** Lower case, letters only. */
export function lettersOnly(text: string): FieldResult {
  const value = text.toLowerCase()
  return ONE_WORD.test(value) ? { value } : finished(value, PUNCTUATION_SPACE_AND_DIGITS)
}

/** Lower case, no punctuation; words stay apart. */
export function words(text: string): FieldResult {
  const value = text.toLowerCase()
  return ONE_TOKEN.test(value) ? { value } : finished(value, PUNCTUATION)
}

/** Lower case, neither digits nor symbols; words stay apart. */
export function wordsWithoutDigits(text: string): FieldResult {
  const value = text.toLowerCase()
  return ONE_WORD.test(value) ? { value } : finished(value, SYMBOLS_AND_DIGITS)
}

/** Lower case, no spaces. */
export function lowerWithoutSpaces(text: string): FieldResult {
  const value = text.toLowerCase()
  return SPACELESS.test(value) && LETTER_OR_DIGIT.test(value) ? { value } : finished(value, SPACES)
}

function finished(text: string, removed?: RegExp): FieldResult {
  const kept = removed === undefined ? text : text.replace(removed, '')
  const value = composed(kept.replace(SPACES, ' '))
  return LETTER.test(value) ? { value } : missing('malformed')
}
