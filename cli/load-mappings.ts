// The mappings folder as a store uses it: the compiled table from dist/, destinations and returns as they stand.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import {
  type DestinationFile,
  parseDestinationFile,
  parseReturnsFile,
  type ReturnsFile,
} from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import { type MappingSource, parseMappingSource } from '../core/mapping-schema.ts'
import type { MappingTable } from '../core/mapping-table.ts'
import { DIST } from './paths.ts'

/** The table as `tracklayer build` compiled it: the same rows that run inside Segment. */
export function loadTable(): MappingTable {
  const file = path.join(DIST, 'mappings', 'events.js')
  if (existsSync(file)) return require(file).default
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    'The mapping table is not built; run: npm run build',
  )
}

/** mappings/events.yaml before it is compiled. @throws TrackLayerError MAPPING_INVALID */
export function loadMappingSource(mappingsDir: string): MappingSource {
  const file = path.join(mappingsDir, 'events.yaml')
  if (!existsSync(file))
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `No events.yaml in ${mappingsDir}; name its folder with --mappings`,
    )
  return parseMappingSource(readFileSync(file, 'utf8'), shown(file))
}

/** Destination name (the file's) → its content. @throws TrackLayerError MAPPING_INVALID */
export function loadDestinationFiles(mappingsDir: string): Map<string, DestinationFile> {
  const folder = path.join(mappingsDir, 'destinations')
  const names = existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.yaml'))
        .sort()
    : []
  return new Map(
    names.map((name) => {
      const file = path.join(folder, name)
      return [
        path.basename(name, '.yaml'),
        parseDestinationFile(readFileSync(file, 'utf8'), shown(file)),
      ]
    }),
  )
}

/** @throws TrackLayerError MAPPING_INVALID */
export function loadReturns(mappingsDir: string): ReturnsFile {
  const file = path.join(mappingsDir, 'returns.yaml')
  if (!existsSync(file)) {
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `No returns.yaml in ${mappingsDir}; name its folder with --mappings`,
    )
  }
  return parseReturnsFile(readFileSync(file, 'utf8'), shown(file))
}

function shown(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') ? file : relative
}
