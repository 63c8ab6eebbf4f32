// Whom a platform knows. From a SHA-256 alone nobody can tell how it was made; a platform that has the person's address
// can: it finds the hash of the normalised value, or nothing. A twin goes one step further and says why nothing was found.
import type { CountedEvent, Person } from './twin.ts'
import { sha256Hex } from './value-forms.ts'

export type IdentifierKind = 'email' | 'phone' | 'externalId'

/** How a platform wants each identifier before hashing. */
export type Normalisers = Readonly<Record<IdentifierKind, (raw: string) => string>>

export interface OfferedHash {
  /** The field's name in the vendor's payload, for notes. */
  readonly field: string
  readonly kind: IdentifierKind
  readonly hash: string
}

export interface People {
  match(offered: readonly OfferedHash[]): Pick<CountedEvent, 'isMatched' | 'notes'>
}

type Verdict = 'known' | 'hashed twice' | 'not normalised before hashing'

export function createPeople(
  people: readonly Person[] | undefined,
  normalisers: Normalisers,
): People {
  if (!people) return { match: () => ({ isMatched: null, notes: [] }) }
  const verdicts = new Map<string, Verdict>()
  for (const person of people) {
    for (const kind of ['email', 'phone', 'externalId'] as const) {
      const raw = person[kind]
      if (raw === undefined) continue
      const right = normalisers[kind](raw)
      for (const wrong of wrongForms(kind, raw)) {
        verdicts.set(`${kind} ${sha256Hex(wrong)}`, 'not normalised before hashing')
      }
      verdicts.set(`${kind} ${sha256Hex(sha256Hex(right))}`, 'hashed twice')
      // Last: where a wrong form is the right one too, it is right.
      verdicts.set(`${kind} ${sha256Hex(right)}`, 'known')
    }
  }
  return {
    match(offered) {
      const found = offered.map(({ field, kind, hash }) => ({
        field,
        verdict: verdicts.get(`${kind} ${hash}`),
      }))
      return {
        isMatched: found.some(({ verdict }) => verdict === 'known'),
        notes: found
          .filter(({ verdict }) => verdict !== undefined && verdict !== 'known')
          .map(({ field, verdict }) => `${field}: ${verdict}`),
      }
    },
  }
}

// What people hash by mistake: the value as typed, in capitals, with spaces, the phone with or without its plus.
function wrongForms(kind: IdentifierKind, raw: string): readonly string[] {
  const trimmed = raw.trim()
  const forms = [raw, trimmed, trimmed.toLowerCase(), trimmed.toUpperCase()]
  if (kind !== 'phone') return forms
  const digits = raw.replace(/\D/g, '')
  return [...forms, digits, `+${digits}`, `00${digits}`]
}
