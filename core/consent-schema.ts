// The form of mappings/consent.yaml (design 3.7): the one place that names consent categories.
import { z } from 'zod'
import type { CategoryPurpose, ConsentCatalogue } from './consent-catalogue.ts'
import { duration, HOUR_MS } from './duration.ts'
import { type Path, type Problem, parseYamlFile } from './yaml-file.ts'

const PURPOSES = ['advertising', 'analytics', 'functional', 'messaging'] as const

const purpose = z.strictObject({
  unknown: z.enum(['hold', 'deny', 'allow'], { error: 'want hold, deny or allow' }),
  hold: duration.default(7 * 24 * HOUR_MS),
})

const consentFile = z.strictObject({
  categories: z.array(
    z.strictObject({
      id: z.string({ error: 'want the id as Segment sends it, e.g. Advertising' }).min(1),
      label: z.string({ error: 'want words for people' }).min(1),
      purpose: z.enum(PURPOSES, { error: `want one of ${PURPOSES.join(', ')}` }),
      aliases: z.array(z.string().min(1)).default([]),
    }),
  ),
  purposes: z.strictObject(
    Object.fromEntries(PURPOSES.map((name) => [name, purpose])) as Record<
      CategoryPurpose,
      typeof purpose
    >,
  ),
})
type ConsentFile = z.output<typeof consentFile>

/** @throws TrackLayerError MAPPING_INVALID naming file, line, place and fix for every fault */
export function parseConsentFile(text: string, file: string): ConsentCatalogue {
  const label = (path: Path) => path.join('.') || 'top level'
  const { data, fault } = parseYamlFile(text, file, consentFile, label)
  const problems = repeatedNames(data)
  if (problems.length > 0) throw fault(problems)
  return {
    categories: data.categories,
    purposes: data.purposes,
    idOf: new Map(
      data.categories.flatMap(({ id, aliases }) => [id, ...aliases].map((name) => [name, id])),
    ),
  }
}

// One name for two categories would answer two questions with one answer.
function repeatedNames({ categories }: ConsentFile): Problem[] {
  const seen = new Set<string>()
  return categories.flatMap(({ id, aliases }, at) =>
    [id, ...aliases].flatMap((name, index) => {
      if (!seen.has(name)) {
        seen.add(name)
        return []
      }
      const place = index === 0 ? ['id'] : ['aliases', index - 1]
      const message = `"${name}" names a category already; remove one of the two`
      return [{ path: ['categories', at, ...place], message }]
    }),
  )
}
