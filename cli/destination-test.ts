// `tracklayer destination test <name>`: one made-up event by the destination's real mapping and transport, in the
// platform's test mode where it has one.
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { Command } from 'commander'
import type { ConsentCatalogue } from '../core/consent-catalogue.ts'
import type { DestinationFile } from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import { testEvent } from '../delivery/test-event.ts'
import { testRunOf } from '../delivery/test-modes.ts'
import { createTransport } from '../delivery/transport.ts'
import { faultsOf, type Tried, tryDestination } from '../delivery/try-destination.ts'
import { realClock, realRandom } from './clock.ts'
import { type CommandHelp, withHelp } from './command-help.ts'
import { readAccess, readVault } from './config.ts'
import { EXIT } from './exit-codes.ts'
import {
  loadConsentCatalogue,
  loadDestinationFiles,
  loadReturns,
  loadTable,
} from './load-mappings.ts'
import { openDatabase } from './open-database.ts'
import { logLine, paint, print, printJson } from './output.ts'
import { MAPPINGS } from './paths.ts'

interface Flags {
  readonly environment?: string
  readonly event: string
  readonly testCode?: string
  readonly sendReal?: boolean
  readonly mappings: string
  readonly dataDir: string
  readonly json?: boolean
}

const HELP: CommandHelp = {
  json: '{ outcome, reason, exchanges: [{ request, status, response }], faults }',
  notes: 'Runs beside the store, with the same variables (see tracklayer store serve --help).',
  exits: { [EXIT.done]: 'the platform took it', [EXIT.found]: 'it did not, or would not count it' },
  examples: [
    'tracklayer destination test meta --test-code TEST12345',
    'tracklayer destination test google-ads',
    'tracklayer destination test webhook --send-real',
  ],
}

export function destinationTestCommand(): Command {
  return withHelp(new Command('test'), HELP)
    .argument('<name>', 'as its file in mappings/destinations is called')
    .description('send one test event and show request and answer')
    .option('--environment <name>', 'whose settings to use; may be left out when there is one')
    .option('--event <name>', "the event's name in Segment", 'Order Completed')
    .option('--test-code <code>', 'what Meta and TikTok show under Test events')
    .option('--send-real', 'send an event that counts')
    .option('--mappings <folder>', 'folder with destinations/ and returns.yaml', MAPPINGS)
    .option('--data-dir <folder>', 'where the store keeps OAuth tokens', '.tracklayer/postgres')
    .action(test)
}

async function test(name: string, flags: Flags): Promise<void> {
  const access = readAccess(process.env)
  const environment = environmentOf(flags, access.environments)
  const mappingsDir = path.resolve(flags.mappings)
  const catalogue = loadConsentCatalogue(mappingsDir)
  const file = fileOf(name, mappingsDir, catalogue)
  const run = testRunOf(name, file, { testCode: flags.testCode, sendReal: flags.sendReal === true })
  const transport = createTransport({
    allowPrivateAddresses: process.env.TRACKLAYER_ALLOW_PRIVATE_ADDRESSES === 'true',
  })
  const database = file.oauth ? await openTokens(flags) : null
  try {
    const tried = await tryDestination({
      account: access.account,
      name,
      environment,
      file: run.file,
      catalogue,
      tokenStore: database?.tokenStore,
      returns: loadReturns(mappingsDir),
      variables: process.env,
      transport: transport.send,
      clock: realClock,
      canonical: testEvent({
        event: flags.event,
        file,
        table: loadTable(),
        clock: realClock,
        id: randomUUID(),
      }),
    })
    if ('missing' in tried)
      throw invalid(`${name} is off in ${environment}: set ${tried.missing.join(', ')}`)
    const faults = faultsOf(run, tried)
    tell(flags, run.says, tried, faults)
    const isTaken = tried.result.kind === 'delivered' && faults.length === 0
    process.exitCode = isTaken ? EXIT.done : EXIT.found
  } finally {
    transport.close()
    await database?.close()
  }
}

// Tokens are the store's: a refresh of ours would take them from under it.
async function openTokens({ dataDir }: Flags) {
  const { pool, close } = await openDatabase({
    databaseUrl: process.env.DATABASE_URL,
    dataDir: path.resolve(dataDir),
    log: logLine,
  })
  const database = { pool, clock: realClock, random: realRandom }
  const vault = readVault(process.env)
  return { tokenStore: vault && { database, vault }, close }
}

function environmentOf(
  { environment }: Flags,
  known: readonly { readonly name: string }[],
): string {
  const names = known.map(({ name }) => name)
  if (environment === undefined && names.length === 1) return names[0] as string
  if (environment !== undefined && names.includes(environment)) return environment
  throw invalid(`Say --environment, one of ${names.join(', ')}`)
}

function fileOf(name: string, mappingsDir: string, catalogue: ConsentCatalogue): DestinationFile {
  const files = loadDestinationFiles(mappingsDir, catalogue)
  const file = files.get(name)
  if (file) return file
  throw invalid(`No destination "${name}"; want one of ${[...files.keys()].join(', ')}`)
}

function tell(
  { json }: Flags,
  says: string,
  { result, exchanges }: Tried,
  faults: readonly string[],
): void {
  const reason = 'reason' in result ? result.reason : null
  if (json) {
    printJson({ outcome: result.kind, reason, exchanges, faults })
    return
  }
  print(paint.dim(says))
  for (const { request, status, response } of exchanges) {
    print(`\n${paint.bold(`${request.method} ${request.url}`)}`)
    print(JSON.stringify(request.body, null, 2))
    print(`\n${paint.bold(`answered ${status}`)}  ${response}`)
  }
  print('')
  for (const fault of faults) print(paint.red(`The platform finds: ${fault}`))
  print(wordsOf(result.kind, reason, faults.length === 0))
}

function wordsOf(kind: Tried['result']['kind'], reason: string | null, isClean: boolean): string {
  switch (kind) {
    case 'delivered':
      return isClean
        ? paint.green('The platform took it.')
        : paint.yellow('It would not count as it is.')
    case 'filtered':
      return paint.yellow(
        reason === 'trigger'
          ? 'Nothing was sent: no subscription of the destination is for this event.'
          : `Nothing was sent: ${reason}.`,
      )
    case 'held':
      return paint.yellow(`Nothing was sent: it would wait (${reason}).`)
    case 'unknown':
      return paint.red(`Sent, and the answer was lost: ${reason}`)
    case 'failed':
      return paint.red(`Not taken: ${reason}`)
  }
}

function invalid(message: string): TrackLayerError {
  return new TrackLayerError('SETTINGS_INVALID', message)
}
