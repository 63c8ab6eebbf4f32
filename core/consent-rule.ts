// The `consent:` of a destination's file and of an audience, read against the categories of mappings/consent.yaml.
import { z } from 'zod'
import type { ConsentPolicy } from './consent.ts'
import { type ConsentCatalogue, unknownOf } from './consent-catalogue.ts'
import { duration, HOUR_MS } from './duration.ts'
import type { Problem } from './yaml-file.ts'

export const consentRule = z.strictObject({
  /** Ids of mappings/consent.yaml. */
  categories: z.array(z.string().min(1)),
  require: z.enum(['all', 'any'], { error: 'want all or any' }).default('all'),
  /** Default: what consent.yaml says of the categories' purposes. */
  unknown: z.enum(['hold', 'deny', 'allow'], { error: 'want hold, deny or allow' }).optional(),
  /** How long an event is held for an answer, in milliseconds. Default: as above. */
  hold: duration.optional(),
})
type Read = z.output<typeof consentRule>

export type ConsentRule<Written extends Read = Read> = Written & {
  readonly unknown: ConsentPolicy['unknown']
  readonly hold: number
}

/** @param catalogue the categories that may be named; without it any, and the rule itself says what unknown means */
export function consentProblems(
  rule: Read | undefined,
  catalogue: ConsentCatalogue | undefined,
): Problem[] {
  if (!rule) return []
  if (!catalogue) {
    const isOpen = rule.unknown === undefined && rule.categories.length > 0
    return isOpen ? [{ path: ['consent', 'unknown'], message: 'want hold, deny or allow' }] : []
  }
  return rule.categories.flatMap((name, at) => {
    const id = catalogue.idOf.get(name)
    if (id === name) return []
    const known = catalogue.categories.map((category) => category.id).join(', ')
    const fix = id ? `write its id, ${id}` : `want one of ${known}, or add it to consent.yaml`
    const fault = id ? 'is an alias' : 'is no category of consent.yaml'
    return [{ path: ['consent', 'categories', at], message: `"${name}" ${fault}; ${fix}` }]
  })
}

/** The rule with what the catalogue says where it says nothing itself. */
export function completeConsent<Written extends Read>(
  rule: Written,
  catalogue: ConsentCatalogue | undefined,
): ConsentRule<Written> {
  const usual = (catalogue && unknownOf(catalogue, rule.categories)) ?? NO_QUESTION
  return { ...rule, unknown: rule.unknown ?? usual.unknown, hold: rule.hold ?? usual.hold }
}

// Without categories nothing is asked, and nothing can be unknown.
const NO_QUESTION = { unknown: 'allow', hold: 7 * 24 * HOUR_MS } as const
