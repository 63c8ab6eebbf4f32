// Dates of birth as YYYYMMDD (Meta `db`: years from 1900, two-digit month and day) and genders as one letter (`ge`).

import { countryCode } from './countries.ts'
import { type FieldHints, type FieldResult, missing } from './field.ts'

const ISO = /^\d{4}-\d\d-\d\d(?:[T ]|$)/
const YEAR_FIRST = /^(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?:[T ].*)?$/
const YEAR_LAST = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})$/
// Written month first: the United States and those who took its form over (CLDR, short date).
const MONTH_FIRST: ReadonlySet<string> = new Set([
  'US',
  'PH',
  'FM',
  'MH',
  'PW',
  'AS',
  'GU',
  'MP',
  'PR',
  'VI',
  'UM',
])

export function birthday(text: string, hints: FieldHints): FieldResult {
  // The usual form without captures, which cost half a microsecond.
  if (ISO.test(text)) {
    return dated(Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8, 10)))
  }
  const first = YEAR_FIRST.exec(text)
  if (first) {
    // Without separators only eight digits are a date: 1990123 may be 1 December 3 or 12 March.
    if (first[2] === '' && !/^\d{8}(?:[T ]|$)/.test(text)) return missing('malformed')
    return dated(Number(first[1]), Number(first[3]), Number(first[4]))
  }
  const last = YEAR_LAST.exec(text)
  if (!last) return missing('malformed')
  return yearLast(Number(last[4]), Number(last[1]), Number(last[3]), last[2] === '.', hints)
}

// 2/16/1997 reads one way; 3/4/1997 is March in the US and April elsewhere; dots are day first wherever they are used.
function yearLast(
  year: number,
  a: number,
  b: number,
  dots: boolean,
  hints: FieldHints,
): FieldResult {
  if (dots || a > 12 || a === b) return dated(year, b, a)
  if (b > 12) return dated(year, a, b)
  const country = hints.country === undefined ? null : countryCode(hints.country)
  if (country === null) return missing('ambiguous')
  return MONTH_FIRST.has(country) ? dated(year, a, b) : dated(year, b, a)
}

// Meta: "from 1900 to current year"; core has no clock, so the end of the century stands for the current year.
function dated(year: number, month: number, day: number): FieldResult {
  if (year < 1900 || year > 2099 || month < 1 || month > 12 || day < 1) return missing('malformed')
  if (day > daysIn(year, month)) return missing('malformed')
  return { value: String(year * 10_000 + month * 100 + day) }
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && year !== 1900 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

const GENDERS: Readonly<Record<string, string>> = {
  f: 'f',
  female: 'f',
  woman: 'f',
  m: 'm',
  male: 'm',
  man: 'm',
}

/** Meta `ge` takes f and m; any other gender has no form there and is left out. */
export function gender(text: string): FieldResult {
  const word = text.toLowerCase()
  const value = Object.hasOwn(GENDERS, word) ? GENDERS[word] : undefined
  return value === undefined ? missing('malformed') : { value }
}
