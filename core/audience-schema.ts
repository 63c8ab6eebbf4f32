// The form of mappings/audiences.yaml (design 3.9). Read when a store starts; no bundle carries it.
import { z } from 'zod'
import { type AudienceRule, type AudienceTable, createAudienceTable } from './audience-table.ts'
import type { ConsentCatalogue } from './consent-catalogue.ts'
import { completeConsent, consentProblems, consentRule } from './consent-rule.ts'
import { type Problem, parseYamlFile } from './yaml-file.ts'

const names = z.array(z.string().min(1), { error: 'want a list of texts' }).default([])
const count = (example: string) => ({ error: `want a whole number, e.g. ${example}` })

const audience = z.strictObject(
  {
    name: z.string().min(1).optional(),
    /** `aud_…`: exactly these computations. */
    computation_ids: names,
    /** Keys as profiles show them; an audience made anew under its old key is found too, as one of its own. */
    keys: names,
    /** `audience_name`, where a sender gives one. */
    names,
    retention_days: z.number(count('180')).int().min(1).max(3650).optional(),
    mode: z
      .enum(['full_state', 'append_only'], { error: 'want full_state or append_only' })
      .default('full_state'),
    /** Names of files in mappings/destinations/. */
    destinations: names,
    minimum_size: z.number(count('100')).int().min(0).max(100_000).default(0),
    consent: consentRule.optional(),
  },
  { error: 'want an audience, e.g. { keys: [vip], destinations: [webhook] }' },
)

const audiencesFile = z.strictObject({
  audiences: z.record(
    z.string().regex(/^[a-z][a-z0-9_]*$/, 'want snake_case, e.g. vip'),
    audience,
    { error: 'want ids of ours, each with an audience' },
  ),
})
type Source = z.output<typeof audiencesFile>

/**
 * @param catalogue the consent categories an audience may refer to; without it any
 * @throws TrackLayerError MAPPING_INVALID naming file, line, place and fix for every fault
 */
export function parseAudiencesFile(
  text: string,
  file: string,
  catalogue?: ConsentCatalogue,
): AudienceTable {
  const { data, fault } = parseYamlFile(
    text,
    file,
    audiencesFile,
    (path) => path.join('.') || 'top level',
  )
  const problems = [...unnamed(data), ...namedTwice(data), ...consentFaults(data, catalogue)]
  if (problems.length > 0) throw fault(problems)
  return createAudienceTable(
    Object.entries(data.audiences).map(([id, source]) => ruleOf(id, source, catalogue)),
  )
}

function ruleOf(
  id: string,
  source: Source['audiences'][string],
  catalogue: ConsentCatalogue | undefined,
): AudienceRule {
  const consent = source.consent && completeConsent(source.consent, catalogue)
  return {
    id,
    name: source.name ?? null,
    computationIds: source.computation_ids,
    keys: source.keys,
    names: source.names,
    retentionDays: source.retention_days ?? null,
    mode: source.mode,
    destinations: source.destinations,
    minimumSize: source.minimum_size,
    consent: consent ? { ...consent, holdMs: consent.hold } : null,
  }
}

const FIELDS = ['computation_ids', 'keys', 'names'] as const

function unnamed({ audiences }: Source): Problem[] {
  return Object.entries(audiences).flatMap(([id, source]) => {
    if (FIELDS.some((field) => source[field].length > 0)) return []
    const message = `nothing says which audience is meant; write e.g. keys: [${id}]`
    return [{ path: ['audiences', id], message }]
  })
}

function consentFaults({ audiences }: Source, catalogue: ConsentCatalogue | undefined): Problem[] {
  return Object.entries(audiences).flatMap(([id, { consent }]) =>
    consentProblems(consent, catalogue).map(({ path, message }) => ({
      path: ['audiences', id, ...path],
      message,
    })),
  )
}

// One inbound audience is one of ours: with two there would be two answers to what becomes of it.
function namedTwice({ audiences }: Source): Problem[] {
  const owners = new Map<string, string>()
  return Object.entries(audiences).flatMap(([id, source]) =>
    FIELDS.flatMap((field) =>
      source[field].flatMap((name, at): Problem[] => {
        const owner = owners.get(`${field}\n${name}`)
        owners.set(`${field}\n${name}`, id)
        if (owner === undefined) return []
        return [
          {
            path: ['audiences', id, field, at],
            message: `"${name}" is ${owner}'s already; keep one`,
          },
        ]
      }),
    ),
  )
}
