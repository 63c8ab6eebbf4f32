// The compiled mapping table (design 3.1): what mappings/events.yaml becomes at build time.
import type { JsonObject } from './json.ts'
import type { Warnings } from './property-readers.ts'

/** What a template may name besides the canonical properties. */
export interface TemplateIds {
  readonly user_id: string | null
  readonly anonymous_id: string | null
  readonly group_id: string | null
  readonly message_id: string
}

type CanonicalProperties = Record<string, unknown>

/** Of what, by canonical name, and whether by the event's own value (all without one) or all in any case. */
export interface Reverses {
  readonly event: string
  readonly takes: 'value' | 'whole'
}

export interface MappingRow {
  /** Exact, case-sensitive Segment event name. */
  readonly event: string
  /** Our name for it, e.g. `purchase`. */
  readonly canonical: string
  /** The name ad platforms use unless a destination says otherwise, e.g. `Purchase`. */
  readonly downstream: string
  /** True when it is a business result that goes back to Segment. */
  readonly conversion: boolean
  /** What the event takes back, e.g. a refund of a purchase; null for what takes nothing back. */
  readonly reverses: Reverses | null
  /** Applies the row's transforms to a copy; unlisted properties pass through. Never mutates `properties`. */
  mapProperties(properties: JsonObject, warnings: Warnings): CanonicalProperties
  /** The row's own event id, when it has a template and the properties it names are there. */
  eventId(properties: CanonicalProperties, ids: TemplateIds): string | null
  /** What makes two messages one fact (an order id, a lead id); null when nothing does. */
  dedupKey(properties: CanonicalProperties, ids: TemplateIds): string | null
}

export interface MappingTable {
  /** Human version and content hash, e.g. `2026-11-22+3f9c2a`; stamped on every canonical event. */
  readonly version: string
  /** By exact Segment event name. */
  readonly rows: ReadonlyMap<string, MappingRow>
  /** By canonical name: the first row that states it. */
  readonly byCanonical: ReadonlyMap<string, MappingRow>
  /** The exact name of the row whose name differs from `name` only by case or spacing, to hint at it. */
  similarTo(name: string): string | undefined
}

/** Names that differ only by case, spaces, hyphens or underscores fold to the same text. */
export function foldName(name: string): string {
  return name.replace(/[\s_-]+/g, '').toLowerCase()
}

/** The names a group of rules reads or writes, and what it does with them. */
export type PropertyGroup = readonly [
  names: readonly string[],
  apply: (properties: JsonObject, canonical: CanonicalProperties, warnings: Warnings) => void,
]

type Template = MappingRow['dedupKey']

/** A row as the compiler writes it. */
export type CompiledRow = readonly [
  event: string,
  canonical: string,
  downstream: string,
  conversion: boolean,
  groups: readonly PropertyGroup[],
  dedupKey?: Template,
  eventId?: Template,
  reverses?: Reverses,
]

/** Builds the lookups of a table; compiled mappings call this once when they load. */
export function createMappingTable(
  version: string,
  compiled: readonly CompiledRow[],
): MappingTable {
  const rows = compiled.map(rowOf)
  const byCanonical = new Map<string, MappingRow>()
  for (const row of rows) if (!byCanonical.has(row.canonical)) byCanonical.set(row.canonical, row)
  return {
    version,
    rows: new Map(rows.map((row) => [row.event, row])),
    byCanonical,
    // Asked for unlisted names only: folding every row at load would lengthen each cold start.
    similarTo: (name) => {
      const folded = foldName(name)
      return rows.find(({ event }) => foldName(event) === folded)?.event
    },
  }
}

const NONE: Template = () => null

function rowOf([
  event,
  canonical,
  downstream,
  conversion,
  groups,
  ...rest
]: CompiledRow): MappingRow {
  const [dedupKey = NONE, eventId = NONE, reverses = null] = rest
  return {
    event,
    canonical,
    downstream,
    conversion,
    reverses,
    mapProperties: mapperOf(groups),
    eventId,
    dedupKey,
  }
}

// `__proto__` never passes: a later copy of the properties must not be able to change an object's prototype. The
// canonicaliser sets event_id for every row.
function mapperOf(groups: readonly PropertyGroup[]): MappingRow['mapProperties'] {
  let listed: Set<string> | undefined
  return (properties, warnings) => {
    // With the first event of the row: a cold start needs few of them.
    listed ??= new Set(['__proto__', 'event_id', ...groups.flatMap(([names]) => names)])
    const canonical: CanonicalProperties = {}
    for (const name in properties) {
      if (!listed.has(name)) canonical[name] = properties[name]
    }
    for (const [, apply] of groups) apply(properties, canonical, warnings)
    return canonical
  }
}
