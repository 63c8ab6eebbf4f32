// The numbering plans as the telephone rule asks for them: by region, and by country code.
import { PHONE_NETWORKS, PHONE_REGIONS } from './phone-regions.ts'

export interface PhonePlan {
  readonly callingCode: string
  /** What is dialled before a national number at home: `0`, `8`, `06`, `1`; empty where there is nothing. */
  readonly trunk: string
  /** Digits that a national number, without its trunk prefix, may have: `7,9-10`. */
  readonly lengths: string
  readonly mobileLengths: string
}

const BY_CODE: ReadonlyMap<string, PhonePlan> = readCodes()

// Regions that share a code (+1, +7, +44 …) share its trunk prefix; a number may have the length of any of them.
function readCodes(): Map<string, PhonePlan> {
  const plans = new Map<string, PhonePlan>()
  for (const region in PHONE_REGIONS) {
    const plan = planOfRegion(region)
    if (plan === undefined) continue
    const other = plans.get(plan.callingCode)
    plans.set(plan.callingCode, other ? either(other, plan) : plan)
  }
  for (const callingCode in PHONE_NETWORKS) {
    const lengths = PHONE_NETWORKS[callingCode] ?? ''
    plans.set(callingCode, { callingCode, trunk: '', lengths, mobileLengths: lengths })
  }
  return plans
}

function either(a: PhonePlan, b: PhonePlan): PhonePlan {
  return {
    callingCode: a.callingCode,
    // Where one region of a code has a prefix, all have it; some lines only do not name it.
    trunk: a.trunk || b.trunk,
    lengths: joined(a.lengths, b.lengths),
    mobileLengths: joined(a.mobileLengths, b.mobileLengths),
  }
}

function joined(a: string, b: string): string {
  return a === b ? a : `${a},${b}`
}

export function planOfRegion(region: string): PhonePlan | undefined {
  const line = PHONE_REGIONS[region]
  if (line === undefined) return undefined
  const [callingCode, trunk, lengths, mobileLengths] = line
  return { callingCode, trunk, lengths, mobileLengths }
}

/** The plan whose country code the digits begin with. No code is the beginning of another (ITU-T E.164). */
export function planOfDigits(digits: string): PhonePlan | undefined {
  return (
    BY_CODE.get(digits.slice(0, 2)) ??
    BY_CODE.get(digits.slice(0, 1)) ??
    BY_CODE.get(digits.slice(0, 3))
  )
}

const COMMA = 44
const DASH = 45
const ZERO = 48

/** Whether `7,9-10` names the length. */
export function hasLength(ranges: string, length: number): boolean {
  let first = -1
  let number = 0
  for (let at = 0; at <= ranges.length; at++) {
    const code = at < ranges.length ? ranges.charCodeAt(at) : COMMA
    if (code === DASH) {
      first = number
      number = 0
    } else if (code === COMMA) {
      if (length <= number && length >= (first < 0 ? number : first)) return true
      first = -1
      number = 0
    } else number = number * 10 + code - ZERO
  }
  return false
}
