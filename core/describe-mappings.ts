// From mappings/events.yaml to its description. Runs at build time only, beside the compiler.
import { versionOf } from './mapping-compiler.ts'
import type { MappingDescription, RowDescription, RuleDescription } from './mapping-description.ts'
import { type MappingSource, parseMappingFile, type RowSource } from './mapping-schema.ts'

/** @throws TrackLayerError MAPPING_INVALID naming file, line, row and fix for every fault */
export function describeMappings(text: string, file: string): MappingDescription {
  const { data, lineOf } = parseMappingFile(text, file)
  const rows = data.events.map((row, at) => describeRow(row, data, lineOf(['events', at])))
  return { version: versionOf(data), file, rows }
}

function describeRow(row: RowSource, { transforms }: MappingSource, line: number): RowDescription {
  const shared = row.transforms.flatMap((name) => rulesOf(transforms[name] ?? {}, name))
  return {
    event: row.event,
    canonical: row.canonical,
    downstream: row.downstream,
    conversion: row.conversion,
    reverses: row.reverses ?? null,
    transforms: row.transforms,
    properties: Object.fromEntries([...shared, ...rulesOf(row.properties, null)]),
    event_id: row.event_id ?? null,
    dedup: row.dedup,
    line,
  }
}

function rulesOf(
  rules: RowSource['properties'],
  transform: string | null,
): [name: string, rule: RuleDescription][] {
  return Object.entries(rules).map(([name, { read, from = [], else: others = [] }]) => [
    name,
    { read, from, else: others, transform },
  ])
}
