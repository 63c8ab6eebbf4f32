// What each identifier would bring if every event carried it, from what the events of a destination lack.
import type { Platform } from './field.ts'
import { describeMissing } from './match-hints.ts'
import { rounded, scored } from './match-quality.ts'
import { MATCH_WEIGHTS, type MatchIdentifier } from './match-weights.ts'

/** So many events lack just these. */
export interface MissingSet {
  readonly missing: readonly string[]
  readonly events: number
}

export interface IdentifierGain {
  readonly identifier: MatchIdentifier
  /** Of the events, those that carry it: 0 to 1. */
  readonly share: number
  /** By how much the mean estimate would rise with it in every event, everything else as it is: 0 to 10. */
  readonly gain: number
  /** What to send. */
  readonly hint: string
}

/** Greatest gain first; what every event carries comes last. */
export function matchGains(platform: Platform, sets: readonly MissingSet[]): IdentifierGain[] {
  const weights = Object.entries(MATCH_WEIGHTS[platform]) as [MatchIdentifier, number][]
  const events = sets.reduce((sum, set) => sum + set.events, 0)
  return weights
    .map(([identifier, weight]): IdentifierGain & { readonly weight: number } => {
      const lacking = sets.filter(({ missing }) => missing.includes(identifier))
      const rise = lacking.reduce((sum, set) => sum + set.events * riseOf(identifier, set), 0)
      const without = lacking.reduce((sum, set) => sum + set.events, 0)
      return {
        identifier,
        share: events === 0 ? 0 : (events - without) / events,
        gain: events === 0 ? 0 : rounded(rise / events),
        hint: describeMissing(identifier, 'not_sent'),
        weight,
      }
    })
    .sort((a, b) => b.gain - a.gain || a.share - b.share || b.weight - a.weight)
    .map(({ weight: _, ...row }) => row)

  // In hundredths: identifiers that only narrow a match bring little until one finds a person.
  function riseOf(identifier: MatchIdentifier, { missing }: MissingSet): number {
    const rows = weights.map(([name, weight]) => ({ identifier: name, weight }))
    const found = rows.filter(({ identifier: name }) => !missing.includes(name))
    const gained = rows.filter(({ identifier: name }) => name === identifier)
    return scored([...found, ...gained]) - scored(found)
  }
}
