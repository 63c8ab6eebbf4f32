// The mappings folder as a store uses it: the compiled table from dist/, destinations and returns as they stand.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { readPlan } from '../build/mappings.ts'
import { parseAudiencesFile } from '../core/audience-schema.ts'
import { type AudienceTable, NO_AUDIENCES } from '../core/audience-table.ts'
import type { ConsentCatalogue } from '../core/consent-catalogue.ts'
import { parseConsentFile } from '../core/consent-schema.ts'
import {
  type DestinationFile,
  parseDestinationFile,
  parseReturnsFile,
  type ReturnsFile,
} from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import type { MappingDescription } from '../core/mapping-description.ts'
import { type MappingSource, parseMappingSource } from '../core/mapping-schema.ts'
import type { MappingTable } from '../core/mapping-table.ts'
import { passwordFieldsOf } from '../delivery/own-definitions.ts'
import { DIST } from './paths.ts'

/** The table as `tracklayer build` compiled it: the same rows that run inside Segment. */
export function loadTable(): MappingTable {
  return require(builtFile('events.js')).default
}

/** The same table as people read it. */
export function loadTableDescription(): MappingDescription {
  return JSON.parse(readFileSync(builtFile('events.json'), 'utf8'))
}

function builtFile(name: string): string {
  const file = path.join(DIST, 'mappings', name)
  if (existsSync(file)) return file
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    'The mapping table is not built; run: npm run build',
  )
}

/** Segment event names that the tracking plan says have no row on purpose. @throws TrackLayerError MAPPING_INVALID */
export function loadNamesWithoutRow(mappingsDir: string): ReadonlySet<string> {
  const { events } = readPlan(mappingsDir)
  return new Set(events.filter(({ mapped }) => !mapped).map(({ event }) => event))
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
export function loadDestinationFiles(
  mappingsDir: string,
  catalogue: ConsentCatalogue,
): Map<string, DestinationFile> {
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
        parseDestinationFile(readFileSync(file, 'utf8'), shown(file), passwordFieldsOf, catalogue),
      ]
    }),
  )
}

/** @throws TrackLayerError MAPPING_INVALID */
export function loadReturns(mappingsDir: string): ReturnsFile {
  return parseReturnsFile(...read(mappingsDir, 'returns.yaml'))
}

/** The consent categories. @throws TrackLayerError MAPPING_INVALID */
export function loadConsentCatalogue(mappingsDir: string): ConsentCatalogue {
  return parseConsentFile(...read(mappingsDir, 'consent.yaml'))
}

/** Reads every file that a store would read when it starts. @throws TrackLayerError MAPPING_INVALID */
export function checkMappings(mappingsDir: string): void {
  if (!existsSync(path.join(mappingsDir, 'destinations'))) return
  const catalogue = loadConsentCatalogue(mappingsDir)
  loadAudiences(mappingsDir, catalogue, loadDestinationFiles(mappingsDir, catalogue))
}

function read(mappingsDir: string, name: string): [text: string, shownAs: string] {
  const file = path.join(mappingsDir, name)
  if (existsSync(file)) return [readFileSync(file, 'utf8'), shown(file)]
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `No ${name} in ${mappingsDir}; name its folder with --mappings`,
  )
}

/** Without the file every audience is unlisted. @throws TrackLayerError MAPPING_INVALID, also for a destination without a file */
export function loadAudiences(
  mappingsDir: string,
  catalogue: ConsentCatalogue,
  destinations: ReadonlyMap<string, unknown>,
): AudienceTable {
  const file = path.join(mappingsDir, 'audiences.yaml')
  if (!existsSync(file)) return NO_AUDIENCES
  const table = parseAudiencesFile(readFileSync(file, 'utf8'), shown(file), catalogue)
  for (const { id, destinations: named } of table.rules) {
    const missing = named.find((name) => !destinations.has(name))
    if (missing === undefined) continue
    throw new TrackLayerError(
      'MAPPING_INVALID',
      `${shown(file)} audiences.${id}.destinations: there is no destinations/${missing}.yaml`,
    )
  }
  return table
}

function shown(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') ? file : relative
}
