// `tracklayer plan import|export|types|violations`: the tracking plan as files, and what was sent against it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { Document, isMap, isSeq, visit } from 'yaml'
import { readPlan } from '../build/mappings.ts'
import { messageOf, TrackLayerError } from '../core/errors.ts'
import { exportPlan, importPlan } from '../core/tracking-plan/protocols.ts'
import { type PlanSource, parseTrackingPlan } from '../core/tracking-plan/schema.ts'
import { writePlanTypes } from '../core/tracking-plan/typescript.ts'
import type { ViolationCount } from '../store/violations.ts'
import { type CommandHelp, withHelp, withStoreHelp } from './command-help.ts'
import { loadMappingSource } from './load-mappings.ts'
import { type Column, paint, print, printJson, tableLines } from './output.ts'
import { MAPPINGS } from './paths.ts'
import { askStore } from './store-client.ts'

const IMPORT: CommandHelp = {
  json: '{ file, events, calls, unchecked }',
  notes:
    'What rows of the present plan say besides the schema (on_violation, unplanned_properties, mapped) is kept.',
  examples: [
    'tracklayer plan import rules.json',
    'tracklayer plan import rules.json --out /tmp/plan.yaml',
  ],
}

const EXPORT: CommandHelp = {
  json: '{ file, text?, bytes? }',
  jsonNote: 'text when file is null: it went nowhere else',
  examples: ['tracklayer plan export > rules.json', 'tracklayer plan export --out rules.json'],
}

const TYPES: CommandHelp = {
  json: '{ file, text?, bytes? }',
  jsonNote: 'text when file is null: it went nowhere else',
  examples: ['tracklayer plan types --out src/events.d.ts'],
}

const VIOLATIONS: CommandHelp = {
  json: '{ environment, violations: [{ event, type, field, description, count, first_seen_at, last_seen_at, examples }] }',
  examples: [
    'tracklayer plan violations',
    "tracklayer plan violations --event 'Order Completed' --json | jq '.violations[0]'",
  ],
}

export function planCommand(): Command {
  const command = new Command('plan').description('the tracking plan: what messages must look like')
  for (const sub of [importCommand(), exportCommand(), typesCommand(), violationsCommand()])
    command.addCommand(sub)
  return command
}

interface FolderFlags {
  readonly mappings: string
  readonly out?: string
  readonly json?: boolean
}

function withFolder(command: Command): Command {
  return command.option('--mappings <folder>', 'folder with tracking-plan.yaml', MAPPINGS)
}

function importCommand(): Command {
  return withHelp(withFolder(new Command('import')), IMPORT)
    .description(
      "read a plan of Segment Protocols: the answer of the API's GET /tracking-plans/{id}/rules",
    )
    .argument('<file>', 'JSON file')
    .option(
      '--out <file>',
      'where the plan goes; tracking-plan.yaml of the mappings folder by default',
    )
    .action(runImport)
}

function runImport(from: string, { mappings, out, json }: FolderFlags): void {
  const file = out ?? path.join(path.resolve(mappings), 'tracking-plan.yaml')
  const { events, calls, unchecked } = importPlan(readJson(from))
  const present = readPlan(path.resolve(mappings))
  const plan = {
    ...headerOf(present),
    events: events.map(({ event, ...row }) => ({
      event,
      ...policyOf(present.events, { event, ...row }),
      ...row,
    })),
    calls: calls.map(({ call, ...row }) => ({
      call,
      ...policyOf(present.calls, { call, ...row }),
      ...row,
    })),
  }
  const text = yamlOf(withoutDefaults(plan))
  parseTrackingPlan(text, path.basename(file))
  writeFileSync(file, text)
  if (json) {
    printJson({ file, events: events.length, calls: calls.length, unchecked })
    return
  }
  print(`${file}: ${events.length} event(s), ${calls.length} other call(s)`)
  for (const place of unchecked) print(paint.yellow(`  kept for export, not checked: ${place}`))
}

function headerOf({
  version,
  name,
  on_violation,
  unplanned_events,
  unplanned_properties,
}: PlanSource) {
  return { version, name, on_violation, unplanned_events, unplanned_properties }
}

// A rule of plain values stands on its own line, as people write it.
function yamlOf(plan: unknown): string {
  const document = new Document(plan, { aliasDuplicateObjects: false })
  visit(document, {
    Map(_key, map) {
      const isPlain = map.items.every(
        ({ value }) => !isMap(value) && !(isSeq(value) && value.items.some(isMap)),
      )
      if (isPlain && map.items.length > 0) map.flow = true
    },
  })
  return document.toString({ lineWidth: 0 })
}

interface RowPolicy {
  readonly version: number
  readonly event?: string
  readonly call?: string
  readonly on_violation?: PlanSource['on_violation'] | undefined
  readonly unplanned_properties?: PlanSource['unplanned_properties'] | undefined
  readonly mapped?: boolean
}

// A schema says nothing of these, so an import must not take them away.
function policyOf(rows: readonly RowPolicy[], { event, call, version }: RowPolicy) {
  const known = rows.find(
    (one) => one.event === event && one.call === call && one.version === version,
  )
  if (!known) return {}
  const { on_violation, unplanned_properties, mapped } = known
  return {
    ...(on_violation === undefined ? {} : { on_violation }),
    ...(unplanned_properties === undefined ? {} : { unplanned_properties }),
    ...(mapped === false ? { mapped } : {}),
  }
}

// `required: false`, `mapped: true` and the first version go without saying.
function withoutDefaults(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutDefaults(item))
  if (typeof value !== 'object' || value === null) return value
  const isNames = ['properties', 'traits', 'context', 'message'].includes(key)
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const isDefault =
        !isNames &&
        ((name === 'required' && inner === false) ||
          (name === 'mapped' && inner === true) ||
          (name === 'version' && inner === 1))
      return isDefault ? [] : [[name, withoutDefaults(inner, isNames ? '' : name)]]
    }),
  )
}

function exportCommand(): Command {
  return withHelp(withFolder(new Command('export')), EXPORT)
    .description(
      'write the plan as Segment Protocols keeps it: the body of PUT /tracking-plans/{id}/rules',
    )
    .option('--out <file>', 'where it goes; stdout by default')
    .action(({ mappings, ...flags }: FolderFlags) => {
      const rules = exportPlan(readPlan(path.resolve(mappings)))
      output(JSON.stringify({ rules }, null, 2), flags)
    })
}

function typesCommand(): Command {
  return withHelp(withFolder(new Command('types')), TYPES)
    .description('write TypeScript types of source events and of canonical events')
    .option('--out <file>', 'where they go; stdout by default')
    .addHelpText('after', '\nExamples:\n  tracklayer plan types --out src/events.d.ts')
    .action(({ mappings, ...flags }: FolderFlags) => {
      const folder = path.resolve(mappings)
      output(writePlanTypes(readPlan(folder), loadMappingSource(folder)).trimEnd(), flags)
    })
}

function output(text: string, { out: file, json }: Pick<FolderFlags, 'out' | 'json'>): void {
  if (file !== undefined) writeFileSync(file, `${text}\n`)
  if (json)
    printJson(
      file === undefined ? { file: null, text } : { file, bytes: Buffer.byteLength(text) + 1 },
    )
  else if (file === undefined) print(text)
}

interface ViolationFlags {
  readonly storeUrl?: string
  readonly event?: string
  readonly limit?: string
  readonly json?: boolean
}

function violationsCommand(): Command {
  return withStoreHelp(new Command('violations'), VIOLATIONS)
    .description('what messages broke of the plan, counted, with the latest examples')
    .option('--event <name>', 'of one event')
    .option('--limit <count>', 'at most so many', '100')
    .action(runViolations)
}

async function runViolations({
  storeUrl,
  event,
  limit = '100',
  json,
}: ViolationFlags): Promise<void> {
  const query = new URLSearchParams({ limit, ...(event === undefined ? {} : { event }) })
  const answer = await askStore<{ violations: ViolationCount[] }>(
    storeUrl,
    `/v1/violations?${query}`,
  )
  if (json) return printJson(answer)
  if (answer.violations.length === 0) return print('no violations')
  for (const line of tableLines(COLUMNS, answer.violations)) print(line)
}

const COLUMNS: readonly Column<ViolationCount>[] = [
  { title: 'count', value: ({ count }) => count },
  { title: 'event', value: ({ event }) => event, paint: paint.bold },
  { title: 'kind', value: ({ type }) => type },
  { title: 'last seen', value: ({ last_seen_at }) => last_seen_at },
  { title: 'e.g.', value: ({ examples }) => examples[0] ?? null },
  { title: 'what is broken', value: ({ description }) => description },
]

/** @throws TrackLayerError SETTINGS_INVALID for a file that is missing or no JSON */
export function readJson(file: string): unknown {
  if (!existsSync(file)) throw new TrackLayerError('SETTINGS_INVALID', `No file ${file}`)
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new TrackLayerError('SETTINGS_INVALID', `${file} is no JSON: ${messageOf(error)}`)
  }
}
