// Messages for the tables of this folder: an Order Completed with what a test adds.
import type { BatchEntry } from '../../../core/batch.ts'
import type { CanonicalEvent } from '../../../core/canonical-event.ts'
import { canonicalise } from '../../../core/canonicalise.ts'
import type { JsonObject } from '../../../core/json.ts'
import { table } from './table.ts'

const ORDER: JsonObject = {
  type: 'track',
  event: 'Order Completed',
  messageId: 'msg_1',
  userId: 'cust_1',
  timestamp: '2026-04-23T10:15:30.000Z',
  properties: {},
}

export function entryOf(over: JsonObject): BatchEntry {
  return canonicalise({ ...ORDER, ...over }, table)
}

export interface Read {
  readonly canonical: CanonicalEvent
  readonly warnings: readonly string[]
}

/** The canonical event of a message that must have one. */
export function canonicalOf(over: JsonObject): Read {
  const { canonical, warnings } = entryOf(over)
  if (canonical === null) throw new Error('the message was not canonicalised')
  return { canonical, warnings }
}

/** The canonical properties of an event with the given raw ones, and what could not be read of them. */
export function propertiesOf(properties: JsonObject, event = 'Order Completed') {
  const { canonical, warnings } = canonicalOf({ event, properties })
  const { event_id, ...read } = canonical.properties
  return { event_id, read, warnings }
}
