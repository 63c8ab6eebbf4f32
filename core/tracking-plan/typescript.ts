// TypeScript types from the plan and the mapping table: what senders send, and what canonical events carry.
import type { MappingSource, PropertyRule, RowSource } from '../mapping-schema.ts'
import type { Field, Fields, PlanSource } from './schema.ts'

/** A module of types: `SourceEvents` by Segment name, `CanonicalEvents` by canonical name. */
export function writePlanTypes(plan: PlanSource, table: MappingSource): string {
  const source = latestOf(plan).map(
    (row) =>
      `${comment(row.description)}  ${key(row.event)}: ${fieldsType(row.properties ?? {}, '  ')}`,
  )
  return [
    '// Written by `tracklayer plan types`; change mappings/ and write it again.',
    '',
    '/** Properties of each event as senders send them, by exact Segment name. */',
    'export interface SourceEvents {',
    ...source,
    '}',
    '',
    'export interface LineItem {',
    '  item_id?: string',
    '  name?: unknown',
    '  price?: number',
    '  quantity?: number',
    '  [property: string]: unknown',
    '}',
    '',
    '/** Properties of each canonical event, by our name for it. */',
    'export interface CanonicalEvents {',
    ...canonicalTypes(plan, table),
    '}',
    '',
    'export type SourceEventName = keyof SourceEvents',
    'export type CanonicalEventName = keyof CanonicalEvents',
    '',
  ].join('\n')
}

function latestOf({ events }: PlanSource): PlanSource['events'] {
  return events.filter(
    ({ event, version }) => !events.some((row) => row.event === event && row.version > version),
  )
}

const READ_TYPES: Readonly<Record<PropertyRule['read'], string>> = {
  number: 'number',
  text: 'string',
  currency: 'string',
  item_ids: 'string[]',
  line_items: 'LineItem[]',
  own_item_ids: 'string[]',
  own_line_items: 'LineItem[]',
}

// Several Segment events may become one canonical event; what it carries is what any of them gives.
function canonicalTypes(plan: PlanSource, table: MappingSource): string[] {
  const names = [...new Set(table.events.map(({ canonical }) => canonical))]
  return names.map((canonical) => {
    const rows = table.events.filter((row) => row.canonical === canonical)
    const members = new Map<string, string>([['event_id', 'event_id: string']])
    for (const row of rows)
      for (const [name, member] of membersOf(row, plan, table)) members.set(name, member)
    const lines = [...members.values()].map((member) => `    ${member}`)
    return [`  ${key(canonical)}: {`, ...lines, '    [property: string]: unknown', '  }'].join('\n')
  })
}

function membersOf(
  row: RowSource,
  plan: PlanSource,
  { transforms }: MappingSource,
): [string, string][] {
  const rules = Object.assign({}, ...row.transforms.map((name) => transforms[name]), row.properties)
  const renamed = new Set(
    Object.values(rules as Record<string, PropertyRule>).flatMap(({ from }) => from ?? []),
  )
  const planned = latestOf(plan).find(({ event }) => event === row.event)?.properties ?? {}
  const passing = Object.entries(planned).filter(
    ([name]) => !renamed.has(name) && !(name in rules) && name !== 'event_id',
  )
  return [
    ...Object.entries(rules as Record<string, PropertyRule>).map(
      ([name, { read }]): [string, string] => [name, `${key(name)}?: ${READ_TYPES[read]}`],
    ),
    ...passing.map(([name, field]): [string, string] => [name, member(name, field, '    ')]),
  ]
}

function fieldsType(fields: Fields, indent: string): string {
  const inner = `${indent}  `
  const members = Object.entries(fields).map(
    ([name, field]) => `${comment(field.description, inner)}${inner}${member(name, field, inner)}`,
  )
  return ['{', ...members, `${inner}[property: string]: unknown`, `${indent}}`].join('\n')
}

function member(name: string, field: Field, indent: string): string {
  return `${key(name)}${field.required ? '' : '?'}: ${typeOf(field, indent)}`
}

function typeOf(field: Field, indent: string): string {
  if (field.enum) return field.enum.map((value) => JSON.stringify(value)).join(' | ')
  const types = field.type === undefined ? [] : [field.type].flat()
  if (types.length === 0) return 'unknown'
  return [...new Set(types.map((type) => oneType(type, field, indent)))].join(' | ')
}

function oneType(type: string, field: Field, indent: string): string {
  if (type === 'integer') return 'number'
  if (type === 'object')
    return field.properties ? fieldsType(field.properties, indent) : 'Record<string, unknown>'
  if (type !== 'array') return type
  const item = field.items ? typeOf(field.items, indent) : 'unknown'
  return `Array<${item}>`
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
}

function comment(text: string | undefined, indent = '  '): string {
  return text === undefined
    ? ''
    : `${indent}/** ${text.replaceAll('*/', '*\\/').replace(/\s+/g, ' ')} */\n`
}
