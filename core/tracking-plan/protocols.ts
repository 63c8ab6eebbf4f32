// The plan as Segment Protocols keeps it (segment.md 7 and 2.7): one JSON schema of draft 7 a rule, both ways.
import { TrackLayerError } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { Field, Fields, PlanSource } from './schema.ts'

export interface ProtocolsRule {
  readonly type: 'TRACK' | 'IDENTIFY' | 'GROUP' | 'PAGE' | 'SCREEN' | 'COMMON'
  /** Event name; track rules only. */
  readonly key?: string
  readonly version: number
  readonly jsonSchema: JsonObject
}

const DRAFT = 'http://json-schema.org/draft-07/schema#'
const PARTS = ['context', 'traits', 'properties'] as const

type EventRow = PlanSource['events'][number]
type CallRow = PlanSource['calls'][number]

/** The rules as `PUT /tracking-plans/{id}/rules` takes them. What a row does on violation is a source's setting there. */
export function exportPlan({ events, calls }: PlanSource): ProtocolsRule[] {
  return [
    ...events.map((row) => ({
      type: 'TRACK' as const,
      key: row.event,
      version: row.version,
      jsonSchema: messageSchema(row),
    })),
    ...calls.map((row) => ({
      type: row.call.toUpperCase() as ProtocolsRule['type'],
      version: row.version,
      jsonSchema: messageSchema(row),
    })),
  ]
}

function messageSchema(row: EventRow | CallRow): JsonObject {
  const parts = PARTS.map((part) => [part, row[part] ? objectSchema(row[part]) : {}] as const)
  const own = row.message ? objectSchema(row.message) : {}
  const required = [
    ...((own.required as string[] | undefined) ?? []),
    ...parts.flatMap(([part, schema]) => ('required' in schema ? [part] : [])),
  ]
  return {
    $schema: DRAFT,
    ...(row.description === undefined ? {} : { description: row.description }),
    type: 'object',
    properties: { ...Object.fromEntries(parts), ...(own.properties as JsonObject | undefined) },
    ...(required.length > 0 ? { required } : {}),
  }
}

function objectSchema(fields: Fields): JsonObject {
  return { type: 'object', ...memberSchemas(fields) }
}

function memberSchemas(fields: Fields): JsonObject {
  const required = Object.entries(fields).flatMap(([name, field]) => (field.required ? [name] : []))
  return {
    properties: mapEntries(fields, fieldSchema),
    ...(required.length > 0 ? { required } : {}),
  }
}

function fieldSchema({ required: _, properties, items, keywords, ...rest }: Field): JsonObject {
  return {
    ...(rest as JsonObject),
    ...(items ? { items: fieldSchema(items) } : {}),
    ...(properties ? memberSchemas(properties) : {}),
    ...(keywords as JsonObject | undefined),
  }
}

const READ = new Set([
  'type',
  'description',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'enum',
  'minItems',
  'maxItems',
])

export interface ImportedPlan {
  readonly events: EventRow[]
  readonly calls: CallRow[]
  /** Keywords that are kept for export and not checked, e.g. `Order Completed: properties.at.format`. */
  readonly unchecked: readonly string[]
}

/**
 * @param body the answer of `GET /tracking-plans/{id}/rules`, its `data`, `{ rules }` or the list itself
 * @throws TrackLayerError MAPPING_INVALID naming the rule that cannot be read
 */
export function importPlan(body: unknown): ImportedPlan {
  const unchecked: string[] = []
  const events: EventRow[] = []
  const calls: CallRow[] = []
  ruleList(body).forEach((rule, at) => {
    if (!isJsonObject(rule) || typeof rule.type !== 'string' || !isJsonObject(rule.jsonSchema))
      throw invalid(`rule ${at + 1} has no type or jsonSchema; want what Segment's API lists`)
    const { type, key, version, jsonSchema } = rule
    const name = type === 'TRACK' ? key : type.toLowerCase()
    if (typeof name !== 'string' || name === '') throw invalid(`rule ${at + 1} (TRACK) has no key`)
    const row = {
      version: typeof version === 'number' ? version : 1,
      ...rowOf(jsonSchema, (path) => unchecked.push(`${name}: ${path}`)),
    }
    if (type === 'TRACK') events.push({ event: name, ...row, mapped: true })
    else if (['IDENTIFY', 'GROUP', 'PAGE', 'SCREEN', 'COMMON'].includes(type))
      calls.push({ call: name as CallRow['call'], ...row })
    else
      throw invalid(
        `rule ${at + 1} has type "${type}"; want TRACK, IDENTIFY, GROUP, PAGE, SCREEN or COMMON`,
      )
  })
  return { events, calls, unchecked }
}

function ruleList(body: unknown): readonly unknown[] {
  if (Array.isArray(body)) return body
  if (isJsonObject(body)) return ruleList(body.data ?? body.rules)
  throw invalid('no list of rules; want the answer of GET /tracking-plans/{id}/rules')
}

type Unchecked = (path: string) => void

function rowOf(schema: JsonObject, unchecked: Unchecked) {
  const members = isJsonObject(schema.properties) ? schema.properties : {}
  const found: Record<string, Fields> = {}
  for (const part of PARTS) {
    const inner = members[part]
    if (isJsonObject(inner) && isJsonObject(inner.properties))
      found[part] = fieldsOf(inner, `${part}.`, unchecked)
  }
  const others = Object.entries(members).filter(
    ([name]) => !(PARTS as readonly string[]).includes(name),
  )
  if (others.length > 0)
    found.message = fieldsOf(
      { properties: Object.fromEntries(others), required: schema.required ?? [] },
      '',
      unchecked,
    )
  return {
    ...(typeof schema.description === 'string' ? { description: schema.description } : {}),
    ...found,
  }
}

function fieldsOf(schema: JsonObject, at: string, unchecked: Unchecked): Fields {
  const required = Array.isArray(schema.required) ? schema.required : []
  return mapEntries(schema.properties as JsonObject, (inner, name) => ({
    ...fieldOf(isJsonObject(inner) ? inner : {}, `${at}${name}`, unchecked),
    required: required.includes(name),
  }))
}

function fieldOf(schema: JsonObject, at: string, unchecked: Unchecked): Field {
  const field: Record<string, unknown> = { required: false }
  const keywords: Record<string, Json> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    if (value === undefined || keyword === 'required') continue
    if (READ.has(keyword)) field[keyword] = value
    else if (keyword === 'properties' && isJsonObject(value))
      field.properties = fieldsOf(schema, `${at}.`, unchecked)
    else if (keyword === 'items' && isJsonObject(value))
      field.items = fieldOf(value, `${at}[]`, unchecked)
    else {
      keywords[keyword] = value
      unchecked(`${at}.${keyword}`)
    }
  }
  if (Object.keys(keywords).length > 0) field.keywords = keywords
  return field as unknown as Field
}

function mapEntries<From, To>(
  object: Readonly<Record<string, From | undefined>>,
  change: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, change(value as From, key)]),
  )
}

function invalid(message: string): TrackLayerError {
  return new TrackLayerError('MAPPING_INVALID', `The tracking plan cannot be imported: ${message}`)
}
