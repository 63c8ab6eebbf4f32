// The form of mappings/pii.yaml: what is personal, where it stands, and what happens to it before it leaves Segment.
import { z } from 'zod'
import { type Problem, parseYamlFile } from '../yaml-file.ts'
import { parsePath } from './paths.ts'

export const PII_ACTIONS = ['keep', 'drop', 'hash', 'hmac', 'mask', 'tokenise'] as const
export type PiiActionName = (typeof PII_ACTIONS)[number]
/** Actions that need the secret of the function's settings. */
export const KEYED_ACTIONS: ReadonlySet<string> = new Set<PiiActionName>(['hmac', 'tokenise'])
const CALLS = ['track', 'identify', 'page', 'screen', 'group', 'alias', 'delete'] as const

const path = z
  .string({ error: 'want a path into the message, e.g. traits.email' })
  .superRefine((text, context) => {
    const fault = pathFault(text)
    if (fault) context.addIssue({ code: 'custom', message: fault })
  })

// Without these a message is no message: Segment and the store find it by them.
const NEEDED = new Set(['type', 'event', 'messageId', 'timestamp', 'originalTimestamp'])

function pathFault(text: string): string | null {
  const steps = parsePath(text)
  if (steps.some((step) => step === '' || step === '__proto__'))
    return `"${text}" is no path; write e.g. properties.products[].note`
  if (steps[0] === '[]' || steps[0] === '*') return 'want the name of a key first, e.g. traits.*'
  if (NEEDED.has(steps[0] as string))
    return `"${steps[0]}" tells what the message is and cannot be changed`
  return null
}

const field = z.strictObject(
  {
    /** In the message as Segment has it. */
    paths: z.array(path, { error: 'want a list of paths, e.g. [traits.email]' }).min(1),
    /** In the canonical event, for the check of what mappings send on. */
    canonical: z
      .array(z.string(), { error: 'want a list of paths, e.g. [user.email]' })
      .default([]),
  },
  { error: 'want paths, e.g. { paths: [traits.email], canonical: [user.email] }' },
)

const names = z.array(z.string(), { error: 'want a list of field names, e.g. [email]' })

const rule = z.strictObject(
  {
    fields: names.min(1, 'want at least one field name'),
    action: z.enum(PII_ACTIONS, { error: `want one of ${PII_ACTIONS.join(', ')}` }),
    calls: z
      .array(z.enum(CALLS, { error: `want one of ${CALLS.join(', ')}` }))
      .min(1)
      .optional(),
    /** Exact Segment event names; track messages only. */
    events: z.array(z.string().min(1)).min(1).optional(),
    /** What is done before hashing, so that two spellings give one digest. */
    normalise: z
      .enum(['lower', 'digits', 'none'], { error: 'want lower, digits or none' })
      .default('lower'),
  },
  { error: 'want a rule, e.g. { fields: [email], action: hash }' },
)

const piiFile = z.strictObject(
  {
    version: z.string({ error: "want the date of the change as text, e.g. '2026-11-22'" }).min(1),
    fields: z.record(z.string(), field, { error: 'want field names, each with its paths' }),
    rules: z.array(rule, { error: 'want a list of rules' }).default([]),
    /** Destination → the fields it may get. One that is not listed gets all, after the rules. */
    destinations: z
      .record(z.string(), names, { error: 'want destination names, each with a list of fields' })
      .default({}),
  },
  { error: 'want version, fields and rules' },
)
export type PiiSource = z.output<typeof piiFile>

/**
 * Reads and checks a PII policy.
 * @throws TrackLayerError MAPPING_INVALID naming file, line, place and fix for every fault
 */
export function parsePiiPolicy(text: string, file: string): PiiSource {
  const { data, fault } = parseYamlFile(text, file, piiFile, (at) => at.join('.') || 'top level')
  const problems = [...unknownFields(data), ...deadRules(data)]
  if (problems.length > 0) throw fault(problems)
  return data
}

function unknownFields({ fields, rules, destinations }: PiiSource): Problem[] {
  const check = (name: string, place: (string | number)[]): Problem[] =>
    Object.hasOwn(fields, name)
      ? []
      : [
          {
            path: place,
            message: `no field is called "${name}"; want one of ${Object.keys(fields).join(', ') || '(none defined)'}`,
          },
        ]
  return [
    ...rules.flatMap((one, at) =>
      one.fields.flatMap((name, nth) => check(name, ['rules', at, 'fields', nth])),
    ),
    ...Object.entries(destinations).flatMap(([destination, allowed]) =>
      allowed.flatMap((name, nth) => check(name, ['destinations', destination, nth])),
    ),
  ]
}

// The first rule that speaks of a field is taken: what stands after one for all messages never is.
function deadRules({ rules }: PiiSource): Problem[] {
  const settled = new Set<string>()
  return rules.flatMap(({ fields, calls, events }, at) => {
    const dead = fields.filter((name) => settled.has(name))
    if (!calls && !events) for (const name of fields) settled.add(name)
    return dead.map((name) => ({
      path: ['rules', at],
      message: `an earlier rule takes every "${name}"; put this one before it`,
    }))
  })
}
