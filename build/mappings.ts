// Compiled mappings for whoever bundles: `import table from '…/mappings/events.yaml'` becomes plain JavaScript.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Plugin } from 'esbuild'
import { describeMappings } from '../core/describe-mappings.ts'
import { TrackLayerError } from '../core/errors.ts'
import { compileMappingTable } from '../core/mapping-compiler.ts'
import type { MappingDescription } from '../core/mapping-description.ts'
import { parseMappingSource } from '../core/mapping-schema.ts'
import { compilePiiPolicy } from '../core/pii/compile.ts'
import { type PiiSource, parsePiiPolicy } from '../core/pii/schema.ts'
import { compileTrackingPlan } from '../core/tracking-plan/compile.ts'
import { type PlanSource, parseTrackingPlan } from '../core/tracking-plan/schema.ts'

export interface MappingsOptions {
  /** Folder with core/, as an absolute path. */
  readonly root: string
  /** Folder with events.yaml, as an absolute path. */
  readonly mappingsDir: string
  /** Module with `piiKeyOf(settings)`, as an absolute path. Default: the functions'. */
  readonly keyFrom?: string
}

/** Texts of ES modules, by the name of the file they stand for. */
export type MappingModules = Readonly<
  Record<'events.yaml' | 'tracking-plan.yaml' | 'pii.yaml', string>
>

export interface CompiledMappings {
  readonly pii: PiiSource
  /** @param destination compiles only that destination's PII allowlist in; all of them by default */
  modulesFor(destination?: string): MappingModules
}

/** A folder without a tracking plan or PII policy has empty ones. Throws MAPPING_INVALID. */
export function compileMappings(options: MappingsOptions): CompiledMappings {
  const events = compileEvents(options)
  const coreFrom = path.join(options.root, 'core')
  const plan = compileTrackingPlan(readPlan(options.mappingsDir), { coreFrom })
  const pii = readPiiPolicy(options.mappingsDir)
  return {
    pii,
    modulesFor: (destination) => ({
      'events.yaml': events,
      'tracking-plan.yaml': plan,
      'pii.yaml': compilePiiPolicy(pii, {
        coreFrom,
        keyFrom: options.keyFrom ?? path.join(options.root, 'functions', 'pii-key.ts'),
        ...(destination === undefined ? {} : { destination }),
      }),
    }),
  }
}

/** The compiled text of the mapping table, an ES module. Throws MAPPING_INVALID. */
export function compileEvents({ root, mappingsDir }: MappingsOptions): string {
  const source = parseMappingSource(eventsText(mappingsDir), shown(eventsFile(mappingsDir)))
  return compileMappingTable(source, { coreFrom: path.join(root, 'core') })
}

/** The same table as people read it. Throws MAPPING_INVALID. */
export function describeEvents({ mappingsDir }: MappingsOptions): MappingDescription {
  // Names no place of the machine that built it: stores keep the description, and pages show it.
  const file = `${path.basename(mappingsDir)}/events.yaml`
  return describeMappings(eventsText(mappingsDir), file)
}

function eventsFile(mappingsDir: string): string {
  return path.join(mappingsDir, 'events.yaml')
}

function eventsText(mappingsDir: string): string {
  const file = eventsFile(mappingsDir)
  if (existsSync(file)) return readFileSync(file, 'utf8')
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `No events.yaml in ${mappingsDir}; name its folder with --mappings`,
  )
}

/** The tracking plan of a folder; one that allows everything where there is no file. Throws MAPPING_INVALID. */
export function readPlan(mappingsDir: string): PlanSource {
  return read(mappingsDir, 'tracking-plan.yaml', parseTrackingPlan, "version: '0'\nname: none\n")
}

/** The PII policy of a folder; one without fields where there is no file. Throws MAPPING_INVALID. */
export function readPiiPolicy(mappingsDir: string): PiiSource {
  return read(mappingsDir, 'pii.yaml', parsePiiPolicy, "version: '0'\nfields: {}\n")
}

function read<Source>(
  folder: string,
  name: string,
  parse: (text: string, file: string) => Source,
  otherwise: string,
): Source {
  const file = path.join(folder, name)
  return existsSync(file) ? parse(readFileSync(file, 'utf8'), shown(file)) : parse(otherwise, name)
}

function shown(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') ? file : relative
}

/** Resolves every import of a file of mappings/ to its compiled module. */
export function mappingsPlugin(modules: MappingModules, root: string): Plugin {
  return {
    name: 'mappings',
    setup(build) {
      build.onResolve({ filter: /mappings\/(events|tracking-plan|pii)\.yaml$/ }, (found) => ({
        path: path.basename(found.path),
        namespace: 'mappings',
      }))
      build.onLoad({ filter: /.*/, namespace: 'mappings' }, (found) => ({
        contents: modules[found.path as keyof MappingModules],
        loader: 'js',
        resolveDir: root,
      }))
    },
  }
}
