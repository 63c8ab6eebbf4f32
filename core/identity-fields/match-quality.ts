// An estimate of how well an event can be matched to a person: which identifiers it carries that are well-formed for the
// platform. It measures coverage only. It is not the platform's own score (Meta's EMQ and the like), which also knows
// whether a match was found.
import type { CanonicalEvent } from '../canonical-event.ts'
import {
  type FieldHints,
  IDENTITY_FIELDS,
  type IdentityField,
  type MissingReason,
  type Platform,
} from './field.ts'
import { describeMissing } from './match-hints.ts'
import { isBrowserUserAgent, isClickId, isPublicIp } from './match-signals.ts'
import { FINDS_A_PERSON, MATCH_WEIGHTS, type MatchIdentifier, WEAK_LIMIT } from './match-weights.ts'
import { metaBrowserIds } from './meta-browser-ids.ts'
import { hintsOf, normaliseField, type Person } from './normalise-field.ts'

export interface MissingIdentifier {
  readonly identifier: MatchIdentifier
  /** By how much the score would rise with it, everything else as it is. */
  readonly gain: number
  readonly hint: string
}

export interface MatchQuality {
  /** 0 to 10, one decimal. */
  readonly score: number
  readonly present: readonly MatchIdentifier[]
  /** Greatest gain first. */
  readonly missing: readonly MissingIdentifier[]
}

type Answer = 'present' | MissingReason | 'not_sent' | 'private_ip' | 'not_a_browser'

/**
 * The estimate for one event and platform. `person` adds what the canonical user has no field for (birthday, gender) and
 * overrides the rest; the customer id is the event's canonical_user_id.
 */
export function matchQuality(
  platform: Platform,
  event: CanonicalEvent,
  person: Person = {},
): MatchQuality {
  const whole: Person = { external_id: event.canonical_user_id, ...event.user, ...person }
  const hints = hintsOf(whole)
  const weights = Object.entries(MATCH_WEIGHTS[platform]) as [MatchIdentifier, number][]
  const answers = weights.map(([identifier, weight]) => {
    const answer = answerOf(identifier, platform, event, whole, hints)
    return { identifier, weight, answer }
  })
  const found = answers.filter(({ answer }) => answer === 'present')
  const score = scored(found)
  const missing = answers
    .filter(({ answer }) => answer !== 'present')
    .map((row) => ({
      identifier: row.identifier,
      gain: rounded(scored([...found, row]) - score),
      hint: describeMissing(row.identifier, row.answer),
    }))
    .sort((a, b) => b.gain - a.gain)
  return { score: rounded(score), present: found.map(({ identifier }) => identifier), missing }
}

interface Weighted {
  readonly identifier: MatchIdentifier
  readonly weight: number
}

export function scored(rows: readonly Weighted[]): number {
  const sum = rows.reduce((total, { weight }) => total + weight, 0)
  return rows.some(({ identifier }) => FINDS_A_PERSON.has(identifier))
    ? sum
    : Math.min(sum, WEAK_LIMIT)
}

// Hundredths → 0 to 10 with one decimal.
export const rounded = (hundredths: number): number => Math.round(hundredths) / 10

export function answerOf(
  identifier: MatchIdentifier,
  platform: Platform,
  event: CanonicalEvent,
  person: Person,
  hints: FieldHints,
): Answer {
  if (isField(identifier)) return fieldAnswer(platform, identifier, person, hints)
  if (identifier === 'postal_address') return addressAnswer(platform, person, hints)
  return signalAnswer(identifier, event)
}

type Signal = Exclude<MatchIdentifier, IdentityField | 'postal_address'>

function signalAnswer(identifier: Signal, event: CanonicalEvent): Answer {
  const { context, occurred_at: occurredAt } = event
  const ids = context.click_ids ?? {}
  switch (identifier) {
    case 'meta_click_id':
      return idAnswer(ids.fbc ?? ids.fbclid, metaBrowserIds(ids, occurredAt).fbc !== undefined)
    case 'meta_browser_id':
      return idAnswer(ids.fbp, metaBrowserIds(ids, occurredAt).fbp !== undefined)
    case 'google_click_id': {
      const id = ids.gclid ?? ids.gbraid ?? ids.wbraid
      return idAnswer(id, isClickId(id))
    }
    case 'tiktok_click_id':
      return idAnswer(ids.ttclid, isClickId(ids.ttclid))
    case 'tiktok_browser_id':
      return idAnswer(ids.ttp, isClickId(ids.ttp))
    case 'ip_and_user_agent':
      if (context.ip === undefined || context.user_agent === undefined) return 'not_sent'
      if (!isPublicIp(context.ip)) return 'private_ip'
      return isBrowserUserAgent(context.user_agent) ? 'present' : 'not_a_browser'
  }
}

const isField = (identifier: MatchIdentifier): identifier is IdentityField =>
  (IDENTITY_FIELDS as readonly string[]).includes(identifier)

function fieldAnswer(
  platform: Platform,
  field: IdentityField,
  person: Person,
  hints: FieldHints,
): Answer {
  const result = normaliseField(platform, field, person[field], hints)
  if ('value' in result) return 'present'
  return result.missing === 'empty' ? 'not_sent' : result.missing
}

const ADDRESS_PARTS = ['first_name', 'last_name', 'postal_code', 'country'] as const

function addressAnswer(platform: Platform, person: Person, hints: FieldHints): Answer {
  const answers = ADDRESS_PARTS.map((field) => fieldAnswer(platform, field, person, hints))
  return answers.find((answer) => answer !== 'present') ?? 'present'
}

const idAnswer = (sent: string | undefined, isWellFormed: boolean): Answer =>
  isWellFormed ? 'present' : sent === undefined ? 'not_sent' : 'malformed'
