// Payload → cells of one row. Pure: which types the table's columns have is asked later (write.ts).
import { PayloadValidationError } from '@segment/actions-core'
import type { Json, JsonObject } from '../../core/json.ts'
import { millisecondsOf } from '../google-data-manager/instant.ts'
import { FIXED_COLUMNS, groupColumn, propertyColumn } from './column-names.ts'
import { type Kind, kindOf } from './column-types.ts'
import type { Payload } from './write-event/generated-types.ts'

export interface Cell {
  /** Where the value was in the event, e.g. `properties.Order ID`. */
  readonly source: string
  readonly value: Json
  readonly kind: Kind
}

export interface Row {
  readonly eventId: string
  readonly eventName: string
  /** Column → cell. */
  readonly cells: ReadonlyMap<string, Cell>
  /** What has no column of its own: source → value. */
  readonly extra: JsonObject
  readonly warnings: readonly string[]
}

/** @throws PayloadValidationError when the key is missing */
export function buildEvent(payload: Payload): Row {
  const { event_id: eventId, event_name: eventName } = payload
  if (!eventId || !eventName)
    throw new PayloadValidationError('A row is found again by event_id and event_name: map both')
  const cells = new Map<string, Cell>()
  const extra: Record<string, Json> = {}
  const warnings: string[] = []
  const put = (column: string, source: string, value: unknown) => {
    if (value === undefined || value === null) return
    const json = value as Json
    const taken = cells.get(column)
    if (!taken) {
      cells.set(column, { source, value: json, kind: kindOf(json) })
      return
    }
    extra[source] = json
    warnings.push(`${source}: column ${column} already has ${taken.source}; kept in _extra`)
  }
  for (const column of Object.keys(FIXED_COLUMNS))
    if (column !== '_extra') put(column, column, fixedValue(payload, column))
  for (const group of ['user', 'context'] as const)
    for (const [name, value] of inOrder(payload[group]))
      put(groupColumn(group, name), `${group}.${name}`, value)
  for (const [name, value] of inOrder(payload.properties)) {
    if (name === 'event_id' && value === eventId) continue
    put(propertyColumn(name), `properties.${name}`, value)
  }
  return { eventId, eventName, cells, extra, warnings }
}

function fixedValue(payload: Payload, column: string): unknown {
  const value = payload[column as keyof Payload]
  if (column !== 'occurred_at' || typeof value !== 'number') return value
  const at = new Date(millisecondsOf(value))
  return Number.isNaN(at.getTime()) ? value : at.toISOString()
}

// `order_id` goes before `Order ID`, then by code unit: of two names for one column the same one always wins.
function inOrder(group: Readonly<Record<string, unknown>> | undefined): [string, unknown][] {
  return Object.entries(group ?? {}).sort(([a], [b]) => {
    const plain = Number(!isPlain(a)) - Number(!isPlain(b))
    return plain || (a < b ? -1 : 1)
  })
}

const isPlain = (name: string): boolean => /^[a-z][a-z0-9_]*$/.test(name)
