// The form of mappings/tracking-plan.yaml. Runs at build time and on the command line; no bundle carries it.
import { z } from 'zod'
import { foldName } from '../mapping-table.ts'
import { type Path, type Problem, parseYamlFile } from '../yaml-file.ts'

export const FIELD_TYPES = [
  'string',
  'number',
  'integer',
  'boolean',
  'object',
  'array',
  'null',
] as const
export type FieldType = (typeof FIELD_TYPES)[number]

const type = z.enum(FIELD_TYPES, { error: `want one of ${FIELD_TYPES.join(', ')}` })
const types = z.union([type, z.array(type).min(1)], {
  error: `want one of ${FIELD_TYPES.join(', ')}, or a list of them, e.g. [string, 'null']`,
})
const count = z.number({ error: 'want a whole number, e.g. 1' }).int().min(0)
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'want texts, numbers, true, false or null',
})

/** Which types a rule speaks of: anywhere else it would never be looked at. */
const SPEAKS_OF: Readonly<Record<string, readonly FieldType[]>> = {
  pattern: ['string'],
  minLength: ['string'],
  maxLength: ['string'],
  minimum: ['number', 'integer'],
  maximum: ['number', 'integer'],
  items: ['array'],
  minItems: ['array'],
  maxItems: ['array'],
  properties: ['object'],
}

export interface Field {
  readonly type?: FieldType | readonly FieldType[] | undefined
  readonly required: boolean
  readonly description?: string | undefined
  readonly pattern?: string | undefined
  readonly minLength?: number | undefined
  readonly maxLength?: number | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  readonly enum?: readonly (string | number | boolean | null)[] | undefined
  readonly minItems?: number | undefined
  readonly maxItems?: number | undefined
  readonly items?: Field | undefined
  readonly properties?: Fields | undefined
  readonly keywords?: Readonly<Record<string, unknown>> | undefined
}
export type Fields = Readonly<Record<string, Field>>

const WANTED = { error: 'want a rule, e.g. { type: string, required: true }' }

const field: z.ZodType<Field> = z.lazy(() =>
  z
    .strictObject(
      {
        type: types.optional(),
        required: z.boolean({ error: 'want true or false' }).default(false),
        description: z.string().optional(),
        /** A regular expression as JavaScript reads it with the flag u; `^` and `$` are not implied. */
        pattern: z.string({ error: "want a regular expression, e.g. '^ORD-[0-9]{5}$'" }).optional(),
        minLength: count.optional(),
        maxLength: count.optional(),
        minimum: z.number({ error: 'want a number, e.g. 0' }).optional(),
        maximum: z.number({ error: 'want a number, e.g. 100' }).optional(),
        enum: z.array(scalar, { error: 'want a list, e.g. [EUR, USD]' }).min(1).optional(),
        minItems: count.optional(),
        maxItems: count.optional(),
        items: field.optional(),
        properties: fields.optional(),
        /** Keywords of an imported JSON schema that are kept for export and not checked. */
        keywords: z.record(z.string(), z.json()).optional(),
      },
      WANTED,
    )
    .superRefine((found, context) => {
      for (const { path, message } of fieldFaults(found))
        context.addIssue({ code: 'custom', path: [...path], message })
    }),
)

const fields: z.ZodType<Fields> = z.lazy(() =>
  z.record(z.string(), field, { error: 'want names, each with a rule' }),
)

function fieldFaults(found: Field): Problem[] {
  const own = found.type === undefined ? [] : [found.type].flat()
  const problems: Problem[] = []
  for (const [rule, speaksOf] of Object.entries(SPEAKS_OF)) {
    if (!(rule in found) || own.some((one) => speaksOf.includes(one))) continue
    const message = `${rule} needs type: ${speaksOf[0]}; add it, or remove ${rule}`
    problems.push({ path: [rule], message })
  }
  if (found.pattern !== undefined) {
    const fault = patternFault(found.pattern)
    if (fault) problems.push({ path: ['pattern'], message: fault })
  }
  const odd = found.enum?.find((value) => own.length > 0 && !own.some((one) => isOf(value, one)))
  if (odd !== undefined)
    problems.push({
      path: ['enum'],
      message: `${JSON.stringify(odd)} is not of type ${own.join(' or ')}`,
    })
  return problems
}

function patternFault(text: string): string | null {
  if (text.includes('(?!') || text.includes('(?<!'))
    return 'Segment has no negative look-ahead or look-behind in patterns; write it without'
  try {
    new RegExp(text, 'u')
    return null
  } catch (error) {
    return `is no regular expression: ${(error as Error).message.split(': ').pop()}`
  }
}

function isOf(value: unknown, one: FieldType): boolean {
  if (value === null) return one === 'null'
  if (one === 'integer') return Number.isInteger(value)
  return typeof value === one
}

const action = z.enum(['allow', 'flag', 'block'], { error: 'want allow, flag or block' })
const unplanned = z.enum(['allow', 'flag', 'omit', 'block'], {
  error: 'want allow, flag, omit or block',
})

const common = {
  version: z.number({ error: 'want a whole number, e.g. 1' }).int().min(1).default(1),
  description: z.string().optional(),
  on_violation: action.optional(),
  unplanned_properties: unplanned.optional(),
  properties: fields.optional(),
  traits: fields.optional(),
  context: fields.optional(),
  /** Fields of the message itself, e.g. userId. */
  message: fields.optional(),
}

const eventRow = z.strictObject(
  {
    event: z.string({ error: 'want the exact Segment event name, e.g. Order Completed' }).min(1),
    ...common,
    /** False for an event that has no row in mappings/events.yaml on purpose. */
    mapped: z.boolean({ error: 'want true or false' }).default(true),
  },
  { error: 'want a row with event and properties' },
)

const CALLS = ['identify', 'group', 'page', 'screen', 'common'] as const
const callRow = z.strictObject(
  {
    call: z.enum(CALLS, { error: `want one of ${CALLS.join(', ')}` }),
    ...common,
  },
  { error: 'want a row with call and traits or properties' },
)

const planFile = z.strictObject(
  {
    version: z.string({ error: "want the date of the change as text, e.g. '2026-11-22'" }).min(1),
    name: z.string({ error: 'want a name for the plan, e.g. Shop' }).min(1),
    on_violation: action.default('flag'),
    unplanned_events: action.default('allow'),
    unplanned_properties: unplanned.default('allow'),
    /** Rules that rows refer to by YAML anchors; not read otherwise. */
    shared: z.record(z.string(), z.unknown()).optional(),
    events: z.array(eventRow, { error: 'want a list of rows' }).default([]),
    calls: z.array(callRow, { error: 'want a list of rows' }).default([]),
  },
  { error: 'want version, name and events' },
)
export type PlanSource = z.output<typeof planFile>

/** One rule of the plan with its defaults filled in. */
export interface PlanRule {
  readonly call: 'track' | (typeof CALLS)[number]
  /** Null for calls other than track. */
  readonly event: string | null
  readonly version: number
  readonly description: string | undefined
  readonly onViolation: 'allow' | 'flag' | 'block'
  readonly unplannedProperties: 'allow' | 'flag' | 'omit' | 'block'
  readonly isMapped: boolean
  readonly parts: Readonly<Partial<Record<PlanPart, Fields>>>
}

export const PLAN_PARTS = ['properties', 'traits', 'context', 'message'] as const
export type PlanPart = (typeof PLAN_PARTS)[number]

/**
 * Reads and checks a tracking plan.
 * @throws TrackLayerError MAPPING_INVALID naming file, line, row and fix for every fault
 */
export function parseTrackingPlan(text: string, file: string): PlanSource {
  const { data, fault } = parseYamlFile(text, file, planFile, labelRow)
  const problems = clashes(data)
  if (problems.length > 0) throw fault(problems)
  return data
}

export function rulesOf(source: PlanSource): PlanRule[] {
  const rows = [
    ...source.events.map((row) => ({ ...row, call: 'track' as const })),
    ...source.calls.map((row) => ({ ...row, event: null, mapped: true })),
  ]
  return rows.map((row) => ({
    call: row.call,
    event: row.event,
    version: row.version,
    description: row.description,
    onViolation: row.on_violation ?? source.on_violation,
    unplannedProperties: row.unplanned_properties ?? source.unplanned_properties,
    isMapped: row.mapped,
    parts: Object.fromEntries(
      PLAN_PARTS.flatMap((part) => (row[part] === undefined ? [] : [[part, row[part]]])),
    ),
  }))
}

function labelRow(path: Path, data: unknown): string {
  const [section, index, ...rest] = path
  if ((section !== 'events' && section !== 'calls') || typeof index !== 'number')
    return path.join('.') || 'top level'
  const row = (data as Record<string, { event?: unknown; call?: unknown }[] | undefined>)[
    section
  ]?.[index]
  const name = row?.event ?? row?.call
  const place = rest.length > 0 ? `, ${rest.join('.')}` : ''
  return `${section === 'events' ? 'row' : 'call'} ${index + 1}${typeof name === 'string' ? ` "${name}"` : ''}${place}`
}

// One event may have several versions; two names that fold to one text would each hide faults of the other.
function clashes({ events, calls }: PlanSource): Problem[] {
  const seen = new Map<string, { name: string; version: number }[]>()
  const rows = [
    ...events.map(({ event, version }, at) => ({
      name: event,
      version,
      path: ['events', at, 'event'],
    })),
    ...calls.map(({ call, version }, at) => ({
      name: `${call} call`,
      version,
      path: ['calls', at, 'call'],
    })),
  ]
  return rows.flatMap(({ name, version, path }) => {
    const folded = foldName(name)
    const earlier = seen.get(folded) ?? []
    seen.set(folded, [...earlier, { name, version }])
    const other = earlier.find((one) => one.name !== name)
    if (other) {
      const message = `"${name}" differs from "${other.name}" only by case or spacing; keep one of the two rows`
      return [{ path, message }]
    }
    if (!earlier.some((one) => one.version === version)) return []
    return [
      { path, message: `"${name}" has version ${version} already; give this row the next version` },
    ]
  })
}
