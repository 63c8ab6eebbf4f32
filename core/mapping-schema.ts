// The form of mappings/events.yaml (design 3.1). Runs at build time only; no bundle carries it.
import { z } from 'zod'
import { foldName } from './mapping-table.ts'
import { parseTemplate } from './template.ts'
import { type Path, type Problem, parseYamlFile, type YamlFile } from './yaml-file.ts'

/** How a property is read; each names a function of core/property-readers.ts. */
export const READERS = {
  number: 'readNumber',
  text: 'readText',
  currency: 'readCurrency',
  item_ids: 'readItemIds',
  line_items: 'readLineItems',
  own_item_ids: 'readOwnItemIds',
  own_line_items: 'readOwnLineItems',
} as const

const names = z
  .union([z.string(), z.array(z.string()).min(1, 'want at least one property name')], {
    error: 'want a property name or a list of them, e.g. [order_id, orderId]',
  })
  .transform((value) => [value].flat())

const RULE_WANTED = { error: 'want a rule, e.g. { from: revenue, read: number }' }

const propertyRule = z.strictObject(
  {
    /** Properties renamed to the target: the first readable one gives the value, none of them passes through. */
    from: names.optional(),
    /** Properties that may give the value when `from` does not; they pass through all the same. */
    else: names.optional(),
    read: z.enum(Object.keys(READERS) as [keyof typeof READERS], {
      error: `want one of ${Object.keys(READERS).join(', ')}`,
    }),
  },
  RULE_WANTED,
)
export type PropertyRule = z.output<typeof propertyRule>

// Properties that no rule may set.
const RESERVED: Readonly<Record<string, string>> = {
  '.': '"." stands for all properties and can only be read; name a property',
  event_id: "event_id is set for every row; give the row an event_id template, e.g. '{order_id}'",
}

const rules = z
  .record(z.string(), propertyRule, { error: 'want property names, each with a rule' })
  .superRefine((found, context) => {
    for (const name of Object.keys(found)) {
      const message = Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined
      if (message) context.addIssue({ code: 'custom', path: [name], message })
    }
  })

const template = z
  .string({ error: "want a template, e.g. '{order_id}'" })
  .superRefine((text, context) => {
    for (const { text: piece, name } of parseTemplate(text)) {
      if (name === null && /[{}]/.test(piece)) {
        context.addIssue({
          code: 'custom',
          message: `"${text}" is no template; write placeholders as {order_id}`,
        })
      }
    }
    if (!text.includes('{')) {
      context.addIssue({
        code: 'custom',
        message: `"${text}" names no property; write e.g. '{order_id}'`,
      })
    }
  })

const CANONICAL = /^[a-z][a-z0-9_]*$/

const reverses = z.strictObject(
  {
    event: z
      .string({ error: 'want the canonical name of what is taken back, e.g. purchase' })
      .regex(CANONICAL, 'want snake_case, e.g. purchase'),
    /** `value`: as much as the event's own value says, all when it says nothing; `whole`: all of it in any case. */
    takes: z.enum(['value', 'whole'], { error: 'want value or whole' }),
  },
  { error: 'want what is taken back, e.g. { event: purchase, takes: value }' },
)

const row = z.strictObject(
  {
    event: z.string({ error: 'want the exact Segment event name, e.g. Order Completed' }).min(1),
    canonical: z
      .string({ error: 'want our name for the event, e.g. purchase' })
      .regex(CANONICAL, 'want snake_case, e.g. begin_checkout'),
    downstream: z
      .string({ error: 'want the name destinations use by default, e.g. Purchase' })
      .min(1),
    conversion: z.boolean({ error: 'want true or false' }).default(false),
    reverses: reverses.optional(),
    transforms: z
      .array(z.string(), { error: 'want a list of transform names, e.g. [money]' })
      .default([]),
    properties: rules.default({}),
    event_id: template.optional(),
    dedup: z
      .array(template, { error: "want a list of templates, e.g. ['{order_id}']" })
      .default([]),
  },
  { error: 'want a row with event, canonical and downstream' },
)
export type RowSource = z.output<typeof row>

const mappingFile = z.strictObject(
  {
    version: z.string({ error: "want the date of the change as text, e.g. '2026-11-22'" }).min(1),
    transforms: z
      .record(z.string(), rules, { error: 'want names, each with property rules' })
      .default({}),
    events: z.array(row, { error: 'want a list of rows' }).min(1),
  },
  { error: 'want version, transforms and events' },
)
export type MappingSource = z.output<typeof mappingFile>

/**
 * Reads and checks a mapping table.
 * @throws TrackLayerError MAPPING_INVALID naming file, line, row and fix for every fault
 */
export function parseMappingSource(text: string, file: string): MappingSource {
  return parseMappingFile(text, file).data
}

/** The same, with the lines of the file. */
export function parseMappingFile(
  text: string,
  file: string,
): Pick<YamlFile<MappingSource>, 'data' | 'lineOf'> {
  const { data, lineOf, fault } = parseYamlFile(text, file, mappingFile, labelRow)
  const problems = [
    ...unknownTransforms(data),
    ...clashingRules(data),
    ...clashingNames(data),
    ...unknownReversals(data),
  ]
  if (problems.length > 0) throw fault(problems)
  return { data, lineOf }
}

function labelRow(path: Path, data: unknown): string {
  const [section, index, ...rest] = path
  if (section !== 'events' || typeof index !== 'number') return path.join('.') || 'top level'
  const rows = (data as { events?: { event?: unknown }[] }).events
  const name = rows?.[index]?.event
  const field = rest.length > 0 ? `, ${rest.join('.')}` : ''
  return `row ${index + 1}${typeof name === 'string' ? ` "${name}"` : ''}${field}`
}

function unknownTransforms({ events, transforms }: MappingSource): Problem[] {
  const known = Object.keys(transforms)
  return events.flatMap(({ transforms: used }, index) =>
    used.flatMap((name, at) =>
      known.includes(name)
        ? []
        : [
            {
              path: ['events', index, 'transforms', at],
              message: `no transform is called "${name}"; want one of ${known.join(', ') || '(none defined)'}`,
            },
          ],
    ),
  )
}

// What is taken back is found by its dedup key: a row without one could never be named.
function unknownReversals({ events }: MappingSource): Problem[] {
  return events.flatMap(({ reverses: reversal }, index) => {
    if (!reversal) return []
    const target = events.find(({ canonical }) => canonical === reversal.event)
    if (target && target.dedup.length > 0) return []
    const fault = target ? 'has no dedup key to be named by' : 'is the canonical name of no row'
    return [
      { path: ['events', index, 'reverses', 'event'], message: `"${reversal.event}" ${fault}` },
    ]
  })
}

// A property set twice would depend on the order in which a row names its transforms.
function clashingRules({ events, transforms }: MappingSource): Problem[] {
  return events.flatMap(({ transforms: used, properties }, index) => {
    const targets = [...used.map((name) => transforms[name] ?? {}), properties].flatMap(Object.keys)
    const twice = targets.find((target, at) => targets.indexOf(target) !== at)
    if (twice === undefined) return []
    const message = `"${twice}" is set by more than one of the row's transforms and properties; keep one`
    return [{ path: ['events', index, 'transforms'], message }]
  })
}

// Names that fold to the same text would make the hint for a misspelt name ambiguous.
function clashingNames({ events }: MappingSource): Problem[] {
  const seen = new Map<string, string>()
  const problems: Problem[] = []
  events.forEach(({ event }, index) => {
    const folded = foldName(event)
    const earlier = seen.get(folded)
    if (earlier !== undefined) {
      const how =
        earlier === event
          ? 'has a row already'
          : `differs from "${earlier}" only by case or spacing`
      problems.push({
        path: ['events', index, 'event'],
        message: `"${event}" ${how}; keep one of the two rows`,
      })
    }
    seen.set(folded, event)
  })
  return problems
}
