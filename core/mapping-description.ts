// The mapping table as people read it: what mappings/events.yaml says, row by row and without its code, so that a store can
// show it, keep one for each version, and hold two against each other.
import type { JsonObject } from './json.ts'
import { type Difference, differenceOf } from './json-difference.ts'

export interface RuleDescription {
  /** How it is read, e.g. `number`. */
  readonly read: string
  /** Properties renamed to it; the first readable one gives the value. */
  readonly from: readonly string[]
  /** Properties that may give the value when `from` does not, and pass through all the same. */
  readonly else: readonly string[]
  /** The shared transform it comes from; null for a rule of the row's own. */
  readonly transform: string | null
}

export interface RowDescription {
  /** Exact Segment event name. */
  readonly event: string
  readonly canonical: string
  readonly downstream: string
  readonly conversion: boolean
  readonly reverses: { readonly event: string; readonly takes: 'value' | 'whole' } | null
  readonly transforms: readonly string[]
  /** By canonical property. */
  readonly properties: Readonly<Record<string, RuleDescription>>
  /** The row's own template; null where the event id is `seg_` and the message id. */
  readonly event_id: string | null
  /** Templates, the first one that resolves; two messages with the same key are one fact. */
  readonly dedup: readonly string[]
  /** Of the file, from 1. */
  readonly line: number
}

export interface MappingDescription {
  readonly version: string
  /** e.g. `mappings/events.yaml`. */
  readonly file: string
  readonly rows: readonly RowDescription[]
}

export interface MappingDifference {
  /** Rows that only the later table has, in its order. */
  readonly added: readonly RowDescription[]
  readonly removed: readonly RowDescription[]
  /** Rows of both tables that say something else, by event name; paths as in `properties.value.from[0]`. */
  readonly changed: readonly {
    readonly event: string
    readonly differences: readonly Difference[]
  }[]
}

/** Row by row, by exact event name. Where a row stands in the file is no difference. */
export function mappingDifference(
  before: MappingDescription,
  after: MappingDescription,
): MappingDifference {
  const earlier = new Map(before.rows.map((row) => [row.event, row]))
  const later = new Map(after.rows.map((row) => [row.event, row]))
  return {
    added: after.rows.filter(({ event }) => !earlier.has(event)),
    removed: before.rows.filter(({ event }) => !later.has(event)),
    changed: after.rows.flatMap((row) => {
      const known = earlier.get(row.event)
      const differences = known ? differenceOf(contentOf(known), contentOf(row)) : []
      return differences.length > 0 ? [{ event: row.event, differences }] : []
    }),
  }
}

function contentOf({ line: _, ...row }: RowDescription): JsonObject {
  return row as unknown as JsonObject
}
