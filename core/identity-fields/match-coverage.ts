// The short form of `matchQuality`, for every delivery: the same score and what is missing, by name and without advice.
// Values of the usual form are known for good at a glance; any other is asked of the field's own rules, so that both
// forms give one answer.
import type { CanonicalEvent } from '../canonical-event.ts'
import type { IdentityField, Platform } from './field.ts'
import { answerOf, rounded, scored } from './match-quality.ts'
import { isBrowserUserAgent, isClickId, isPublicIp } from './match-signals.ts'
import { MATCH_WEIGHTS, type MatchIdentifier } from './match-weights.ts'
import { isFbc, isFbp } from './meta-browser-ids.ts'
import { hintsOf, type Person } from './normalise-field.ts'

export interface MatchCoverage {
  /** 0 to 10, one decimal. */
  readonly score: number
  /** Identifiers that are not there or not well-formed, greatest weight first. */
  readonly missing: readonly MatchIdentifier[]
}

interface Row {
  readonly identifier: MatchIdentifier
  readonly weight: number
  readonly glance: Glance | undefined
}

type Glance = (event: CanonicalEvent) => boolean | undefined

/** A function that estimates one event's coverage for the platform. */
export function createMatchCoverage(platform: Platform): (event: CanonicalEvent) => MatchCoverage {
  const weights = Object.entries(MATCH_WEIGHTS[platform]) as [MatchIdentifier, number][]
  const rows: readonly Row[] = weights
    .sort(([, a], [, b]) => b - a)
    .map(([identifier, weight]) => ({ identifier, weight, glance: GLANCES[identifier] }))
  return (event) => {
    const found: Row[] = []
    const missing: MatchIdentifier[] = []
    let person: Person | null = null
    for (const row of rows) {
      const seen = row.glance?.(event)
      if (seen === undefined) {
        person ??= { external_id: event.canonical_user_id, ...event.user }
      }
      if (seen ?? isPresent(row.identifier, platform, event, person ?? event.user)) found.push(row)
      else missing.push(row.identifier)
    }
    return { score: rounded(scored(found)), missing }
  }
}

function isPresent(
  identifier: MatchIdentifier,
  platform: Platform,
  event: CanonicalEvent,
  person: Person,
): boolean {
  return answerOf(identifier, platform, event, person, hintsOf(person)) === 'present'
}

// True: surely there. False: surely not. Undefined: look closer.
const field =
  (name: Exclude<IdentityField, 'external_id' | 'birthday' | 'gender'>, usual: RegExp): Glance =>
  ({ user }) => {
    const value = user[name]
    if (value === undefined) return false
    return usual.test(value) || undefined
  }

const NAME = /^[A-Za-zÀ-ÖØ-öø-ÿ]{2,40}$/

const GLANCES: { readonly [Identifier in MatchIdentifier]?: Glance } = {
  email: field(
    'email',
    /^[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,40}[a-z0-9]@[a-z0-9]{2,40}\.[a-z]{2,6}$/,
  ),
  phone: ({ user }) => (user.phone === undefined ? false : undefined),
  first_name: field('first_name', NAME),
  last_name: field('last_name', NAME),
  city: field('city', NAME),
  region: ({ user }) => (user.region === undefined ? false : undefined),
  postal_code: field('postal_code', /^\d{5}$/),
  country: field('country', /^(?:DE|AT|CH|FR|GB|US|CA|ES|IT|NL|BE|SE|NO|DK|PL|IE|PT)$/),
  // A canonical event has neither.
  birthday: () => false,
  gender: () => false,
  external_id: ({ canonical_user_id: id }) =>
    id === null ? false : /^[\w@.-]{0,39}[A-Za-z0-9]$/.test(id) || undefined,
  meta_click_id: ({ context: { click_ids: ids } }) =>
    ids?.fbc === undefined && ids?.fbclid === undefined ? false : isFbc(ids?.fbc) || undefined,
  meta_browser_id: ({ context: { click_ids: ids } }) => isFbp(ids?.fbp),
  google_click_id: ({ context: { click_ids: ids } }) =>
    isClickId(ids?.gclid ?? ids?.gbraid ?? ids?.wbraid),
  tiktok_click_id: ({ context: { click_ids: ids } }) => isClickId(ids?.ttclid),
  tiktok_browser_id: ({ context: { click_ids: ids } }) => isClickId(ids?.ttp),
  ip_and_user_agent: ({ context: { ip, user_agent } }) =>
    isPublicIp(ip) && isBrowserUserAgent(user_agent),
  postal_address: ({ user: { first_name, last_name, postal_code, country } }) =>
    first_name && last_name && postal_code && country ? undefined : false,
}
