// The readings of a telephone number's digits by the numbering plan: which are possible, and which one is meant.
import { type FieldResult, missing } from './field.ts'
import { hasLength, type PhonePlan, planOfDigits } from './phone-plan.ts'

/** Digits that begin with a country code; `trunkInBrackets` is where a bracketed 0 stood among them, or negative. */
export function international(digits: string, trunkInBrackets: number): FieldResult {
  const plan = planOfDigits(digits)
  if (!plan) return missing('malformed')
  const { callingCode, trunk } = plan
  const rest = digits.slice(callingCode.length)
  if (isTrunkZero(plan, rest, trunkInBrackets)) return numbered(plan, rest.slice(1))
  // "+7 8912 …", "+36 06 20 …": the prefix dialled at home stands behind the country code, which makes it too long.
  const dialled = isNationalNumber(plan, rest) ? null : without(trunk, rest, plan)
  if (dialled !== null) return numbered(plan, dialled)
  return numbered(plan, rest)
}

// "+49 0151 …": no national number begins with 0 where 0 is the trunk prefix. "+34 (0) 91 …": brackets say it outright,
// but in Italy, San Marino and the Vatican the zero is part of the number.
function isTrunkZero(plan: PhonePlan, rest: string, trunkInBrackets: number): boolean {
  if (!rest.startsWith('0')) return false
  if (plan.trunk === '0') return true
  return trunkInBrackets === plan.callingCode.length && !ZERO_IS_KEPT.has(plan.callingCode)
}

const ZERO_IS_KEPT: ReadonlySet<string> = new Set(['39', '378'])

function numbered(plan: PhonePlan, rest: string): FieldResult {
  return isNationalNumber(plan, rest)
    ? { value: `+${plan.callingCode}${rest}` }
    : missing('malformed')
}

// North American area codes begin with 2 to 9 (NANPA), which tells a ten-digit number from one with a 1 before it.
const NORTH_AMERICAN = /^[2-9]\d{9}$/
// E.164 section 6.1: at most 15 digits with the country code. Fewer than seven are service numbers.
const MIN_DIGITS = 7
const MAX_DIGITS = 15

function isNationalNumber(plan: PhonePlan, rest: string): boolean {
  if (plan.callingCode === '1') return NORTH_AMERICAN.test(rest)
  const total = plan.callingCode.length + rest.length
  return total >= MIN_DIGITS && total <= MAX_DIGITS && hasLength(plan.lengths, rest.length)
}

const isMobileLength = (plan: PhonePlan, length: number): boolean =>
  hasLength(plan.mobileLengths, length)

/** Digits written as at home: dialled with the trunk prefix, without it, or international without the plus. */
export function national(digits: string, plan: PhonePlan): FieldResult {
  const { trunk, callingCode } = plan
  const dialled = without(trunk, digits, plan)
  if (trunk === '0' && digits.startsWith('0'))
    return numbered(plan, subscriber(plan, digits.slice(1)))
  const abroad = without(callingCode, digits, plan)
  const bare = isNationalNumber(plan, digits) ? digits : null
  // Where national numbers are written with a 0, one that has none and begins with the country's own code is an
  // international number that lost its plus: 4915112345678, the form Meta asks for. Unless only the other reading has
  // the length of a mobile number: Cuba's begin with 53, which is Cuba's code too.
  if (trunk === '0' && abroad !== null) {
    const isMobileHere = bare !== null && isMobileLength(plan, bare.length)
    return isMobileHere && !isMobileLength(plan, abroad.length)
      ? missing('ambiguous')
      : numbered(plan, abroad)
  }
  return likelier(
    plan,
    likelier(plan, found(plan, dialled), found(plan, abroad)),
    found(plan, bare),
  )
}

function without(prefix: string, digits: string, plan: PhonePlan): string | null {
  if (prefix === '' || !digits.startsWith(prefix)) return null
  const rest = digits.slice(prefix.length)
  // Belarus dials 8 0 before a national number, Russia and Turkmenistan 8: none has numbers that begin with 0.
  const bare = prefix === '8' && rest.startsWith('0') ? rest.slice(1) : rest
  return isNationalNumber(plan, bare) ? bare : null
}

// Argentina: a mobile number is dialled 0 + area + 15 + number at home and 9 + area + number from abroad.
function subscriber(plan: PhonePlan, rest: string): string {
  if (plan.callingCode !== '54' || rest.length !== 12) return rest
  // The area code has 2 digits in Buenos Aires, else 3 or 4; where 15 stands at both places nothing can be told.
  const areas = rest.startsWith('1115') ? [2] : [3, 4].filter((at) => rest.startsWith('15', at))
  const [area] = areas
  return area === undefined || areas.length > 1
    ? rest
    : `9${rest.slice(0, area)}${rest.slice(area + 2)}`
}

const found = (plan: PhonePlan, rest: string | null): FieldResult =>
  rest === null ? missing('malformed') : numbered(plan, rest)

// Of two readings the one with the length of a mobile number there; a person's number is that of a mobile nearly always.
function likelier(plan: PhonePlan, a: FieldResult, b: FieldResult): FieldResult {
  if ('missing' in a) return a.missing === 'ambiguous' ? a : b
  if ('missing' in b || a.value === b.value) return a
  const code = plan.callingCode.length + 1
  const isMobileA = isMobileLength(plan, a.value.length - code)
  if (isMobileA === isMobileLength(plan, b.value.length - code)) return missing('ambiguous')
  return isMobileA ? a : b
}
