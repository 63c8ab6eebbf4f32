// `tracklayer mappings check`: does what is sent match the mappings, and do the mappings send on more personal data than
// was agreed. Exit code 1 when not, for CI.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { stringify } from 'yaml'
import { loadMappings } from '../build/load-mappings.ts'
import { readPiiPolicy } from '../build/mappings.ts'
import { messageOf, TrackLayerError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import {
  checkMessages,
  type MappingFinding,
  nameFindings,
  planFinding,
  readFinding,
} from '../core/mapping-check.ts'
import { goneLeaks, type Leaks, leaksOf, newLeaks } from '../core/pii/leaks.ts'
import { parsePiiLock } from '../core/pii/lock.ts'
import type { CoverageFinding } from '../store/coverage.ts'
import type { ViolationCount } from '../store/violations.ts'
import { type CommandHelp, withStoreHelp } from './command-help.ts'
import { EXIT } from './exit-codes.ts'
import { loadConsentCatalogue, loadDestinationFiles, loadNamesWithoutRow } from './load-mappings.ts'
import { paint, print, printJson } from './output.ts'
import { MAPPINGS, ROOT } from './paths.ts'
import { askStore } from './store-client.ts'

interface Flags {
  readonly mappings: string
  readonly messages?: string
  readonly store?: boolean
  readonly storeUrl?: string
  readonly pii?: boolean
  readonly accept?: boolean
  readonly json?: boolean
}

const HELP: CommandHelp = {
  json: '{ findings: [{ kind, event, problem, fix, count?, seen? }] }',
  exits: { [EXIT.found]: 'something was found' },
  examples: [
    'tracklayer mappings check --messages recorded.ndjson',
    'tracklayer mappings check --store',
    'tracklayer mappings check --pii             # which personal field newly reaches which destination',
    'tracklayer mappings check --pii --accept    # agree to what is sent now: writes pii.lock.yaml',
  ],
}

export function mappingsCommand(): Command {
  const check = withStoreHelp(new Command('check'), HELP)
    .description(
      'fail on unmapped, case-drifted or type-drifted events, or on newly leaked personal data',
    )
    .option('--messages <file>', 'one message a line, as JSON')
    .option('--store', 'the latest messages of a store')
    .option('--pii', 'compare what destinations get with pii.lock.yaml')
    .option('--accept', 'with --pii: write pii.lock.yaml anew')
    .option('--mappings <folder>', 'folder with events.yaml', MAPPINGS)
    .action(runCheck)
  return new Command('mappings').description('the mappings folder').addCommand(check)
}

async function runCheck(flags: Flags): Promise<void> {
  if (!flags.messages && !flags.store && !flags.pii)
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      'Nothing to check: name --messages <file>, --store or --pii',
    )
  const lines = [
    ...(flags.messages ? await checkFile(flags.messages, flags) : []),
    ...(flags.store ? await checkStore(flags) : []),
    ...(flags.pii ? checkPii(flags) : []),
  ]
  if (lines.length > 0) process.exitCode = EXIT.found
  if (flags.json) return printJson({ findings: lines })
  for (const { event, problem, fix, row, seen } of lines) {
    print(`${paint.red(event)} ${problem}${seen ? ` (${seen})` : ''}\n  fix: ${fix}`)
    if (row) print(`  row: ${row}`)
  }
  print(lines.length === 0 ? paint.green('nothing found') : `${lines.length} finding(s)`)
}

interface Line {
  readonly kind: string
  readonly event: string
  readonly problem: string
  readonly fix: string
  readonly row?: string
  readonly count?: number
  readonly seen?: string
}

async function checkFile(file: string, flags: Flags): Promise<Line[]> {
  const messages = readLines(file)
  const options = { ...(await mappingsOf(flags)), unmapped: unmappedOf(flags) }
  return checkMessages(messages, options).map((one: MappingFinding) => ({
    ...one,
    seen: `${one.count} of ${messages.length}, first on line ${one.first.number}`,
  }))
}

async function checkStore(flags: Flags): Promise<Line[]> {
  const { findings } = await askStore<{ findings: CoverageFinding[] }>(
    flags.storeUrl,
    '/v1/coverage',
  )
  const { violations } = await askStore<{ violations: ViolationCount[] }>(
    flags.storeUrl,
    '/v1/violations',
  )
  const options = { ...(await mappingsOf(flags)), unmapped: unmappedOf(flags) }
  // An unlisted name that is close to a row's has a warning too, which says no more than the name does.
  const names = new Map(findings.filter((one) => !one.is_mapped).map((one) => [one.event, one]))
  const unread = findings.filter((one) => one.is_mapped && one.warning !== null)
  return [
    ...[...names.values()].flatMap((one) =>
      nameFindings(one.event, options).map((found) => counted(found, one)),
    ),
    ...unread.map((one) => counted(readFinding(one.event, one.warning ?? ''), one)),
    ...violations.map((one) =>
      counted(planFinding(one.event, one), { count: one.count, example: one.examples[0] ?? '' }),
    ),
  ]
}

function counted(
  found: Omit<Line, 'count'>,
  { count, example }: { count: number; example: string },
): Line {
  return { ...found, count, seen: `${count} message(s), e.g. ${example}` }
}

function mappingsOf({ mappings }: Flags) {
  return loadMappings({ root: ROOT, mappingsDir: path.resolve(mappings) })
}

function unmappedOf({ mappings }: Flags): ReadonlySet<string> {
  return loadNamesWithoutRow(path.resolve(mappings))
}

function readLines(file: string): JsonObject[] {
  if (!existsSync(file)) throw new TrackLayerError('SETTINGS_INVALID', `No file ${file}`)
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, at) => (line.trim() === '' ? [] : [messageAt(line, `${file}:${at + 1}`)]))
}

function messageAt(line: string, place: string): JsonObject {
  try {
    const message: unknown = JSON.parse(line)
    if (isJsonObject(message)) return message
  } catch (error) {
    throw new TrackLayerError('SETTINGS_INVALID', `${place} is no JSON: ${messageOf(error)}`)
  }
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `${place} is no message; want one JSON object a line`,
  )
}

function checkPii({ mappings, accept, json }: Flags): Line[] {
  const folder = path.resolve(mappings)
  const policy = readPiiPolicy(folder)
  const leaks = leaksOf(loadDestinationFiles(folder, loadConsentCatalogue(folder)), policy)
  const file = path.join(folder, 'pii.lock.yaml')
  const isWithinAllowlists = (one: { why: string }) => one.why !== 'not on the allowlist'
  if (accept) writeFileSync(file, lockText(leaks))
  const locked = existsSync(file) ? parsePiiLock(readFileSync(file, 'utf8'), file) : {}
  if (!json)
    for (const { destination, field } of goneLeaks(leaks, locked))
      print(
        `${destination} no longer gets "${field}"; \`--pii --accept\` takes it out of the lock file`,
      )
  return newLeaks(leaks, locked, policy).map((one) => ({
    kind: 'pii',
    event: one.destination,
    problem: `gets the personal field "${one.field}", which is ${one.why}`,
    fix: isWithinAllowlists(one)
      ? `take it out of mappings/destinations/${one.destination}.yaml, or agree: tracklayer mappings check --pii --accept`
      : `take it out of mappings/destinations/${one.destination}.yaml, or add it to destinations.${one.destination} in mappings/pii.yaml`,
  }))
}

function lockText(leaks: Leaks): string {
  return [
    '# Which personal field of pii.yaml reaches which destination, as agreed. Written by',
    '# `tracklayer mappings check --pii --accept`; the check fails when a mapping sends on more.',
    stringify(leaks),
  ].join('\n')
}
