// `tracklayer dev`: the whole loop on this machine, with sample traffic. `npm start` runs this.
import path from 'node:path'
import { Analytics } from '@segment/analytics-node'
import { Command, InvalidArgumentError } from 'commander'
import { createRandom, sleep } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { EARLIER_UNDER_WAY } from '../../delivery/audience-gate.ts'
import type { Reconciliation } from '../../store/ledger.ts'
import { realClock } from '../clock.ts'
import { type CommandHelp, withHelp } from '../command-help.ts'
import { EXIT } from '../exit-codes.ts'
import { logLine, paint, print, printError, printJson } from '../output.ts'
import { MAPPINGS } from '../paths.ts'
import { aborted, stopSignal } from '../stop-signal.ts'
import { portNumber } from '../store.ts'
import { askStage, readAudienceOutcomes } from './audience-report.ts'
import { createLiveView, hasLiveTerminal, type LiveView } from './live-view.ts'
import { createNarrator, type Narrator, summaryLines } from './narrator.ts'
import { makeReport, type Report } from './report.ts'
import { removeDevSession, writeDevSession } from './session.ts'
import { runShop, type ShopTruth } from './shop.ts'
import { signInUrl } from './sign-in.ts'
import { type Stage, setStage } from './stage.ts'

interface DevFlags {
  readonly once?: boolean
  readonly json?: boolean
  readonly plain?: boolean
  readonly seed: number
  readonly shoppers: number
  readonly port?: number
  readonly dataDir: string
  readonly mappings: string
}

const DEFAULT_PORT = 8700

const HELP: CommandHelp = {
  json: '{ messages, accepted, duplicates, unmapped, rejected, events, deliveries, platforms, returned, orders: { placed, counted, twice, lost }, audiences, balanced, faults }',
  jsonNote: 'after the sample; the story goes to stderr',
  exits: { [EXIT.found]: 'the ledger does not balance, or an order is lost or sent twice' },
  examples: [
    'tracklayer dev',
    'npm start',
    'npm start -- --once --json',
    'tracklayer dev --seed 7 --shoppers 1000',
  ],
}

export function devCommand(): Command {
  return withHelp(new Command('dev'), HELP)
    .description('run the whole loop on this machine with a sample shop, then stay up')
    .option(
      '--once',
      'end after the sample; exit 1 if the ledger does not balance or an order is lost or sent twice',
    )
    .option('--plain', 'one line for each thing, on a terminal too; no live view')
    .option('--seed <number>', 'seed of the shop and of every fault', wholeNumber, 42)
    .option('--shoppers <number>', 'how many shoppers come', wholeNumber, 300)
    .option(
      '--port <port>',
      `port of the store, the next one is Segment's (default: ${DEFAULT_PORT}, or free ones if taken)`,
      portNumber,
    )
    .option('--data-dir <folder>', 'folder of the embedded database', '.tracklayer/postgres')
    .option('--mappings <folder>', 'folder with destinations/ and returns.yaml', MAPPINGS)
    .action(runDev)
}

async function runDev(flags: DevFlags): Promise<void> {
  const signal = stopSignal()
  const view = openView(flags)
  const tell = flags.json ? printError : (view?.tell ?? print)
  const narrator = createNarrator(tell, paint, view?.event)
  try {
    await runStage(flags, { narrator, signal, view, tell })
  } finally {
    view?.close()
  }
}

interface Telling {
  readonly narrator: Narrator
  readonly signal: AbortSignal
  /** Null where nobody sits at a terminal, or plain lines are wanted. */
  readonly view: LiveView | null
  readonly tell: (line: string) => void
}

function openView({ json, once, plain, shoppers, seed }: DevFlags): LiveView | null {
  if (json || once || plain || !hasLiveTerminal(process.env)) return null
  // To the handlers of stopSignal(), which also know what a second time means.
  return createLiveView(`${shoppers} shoppers, seed ${seed}`, () => process.emit('SIGINT'))
}

async function runStage(flags: DevFlags, telling: Telling): Promise<void> {
  const { signal, view, tell } = telling
  const stage = await openStage(flags, telling)
  try {
    view?.attach(stage)
    const report = await runSample(flags, stage, telling)
    if (report && flags.json) printJson(report)
    if (report && report.faults.length > 0) process.exitCode = EXIT.found
    if (flags.once || signal.aborted) return
    view?.phase('at rest: send something, or look at the console')
    await stayUp(stage, signal, view || flags.json ? () => {} : tell)
  } finally {
    view?.phase('stopping')
    removeDevSession(process.pid)
    await stage.close()
  }
}

async function openStage(flags: DevFlags, { narrator, view }: Telling): Promise<Stage> {
  const options = {
    dataDir: path.resolve(flags.dataDir),
    mappingsDir: path.resolve(flags.mappings),
    clock: realClock,
    random: createRandom(flags.seed),
    log: view?.log ?? logLine,
    onRecorded: narrator.recorded,
    onReturned: narrator.returned,
  }
  const wanted = flags.port ?? (flags.once ? 0 : DEFAULT_PORT)
  try {
    return await setStage({ ...options, port: wanted })
  } catch (error) {
    // A port that was asked for by name is not exchanged for another one.
    if (flags.port !== undefined || wanted === 0 || !isPortTaken(error)) throw error
    return setStage({ ...options, port: 0 })
  }
}

function isPortTaken(error: unknown): boolean {
  return (
    (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ||
    /^Port \d+ is taken/.test(messageOf(error))
  )
}

/** Null when the run was cut short. */
async function runSample(
  flags: DevFlags,
  stage: Stage,
  { narrator, signal, view, tell }: Telling,
): Promise<Report | null> {
  const { segment, store } = stage
  view?.phase('shoppers come in')
  narrator.heading(`A sample shop with ${flags.shoppers} shoppers, seed ${flags.seed}`)
  // Segment promises neither order nor once: both faults are on, so that what follows has to cope.
  segment.workspace.faults.shuffle(400)
  segment.workspace.faults.deliverTwice(0.03)
  const analytics = library(stage, segment.writeKey)
  const engage = library(stage, segment.engageKey)
  const truth = await runShop({
    analytics,
    engage,
    clock: realClock,
    random: createRandom(flags.seed),
    shoppers: flags.shoppers,
    run: `s${flags.seed}`,
    overMs: 6_000,
    onMoment: narrator.shop,
    signal,
  })
  await Promise.all([analytics, engage].map((each) => each.closeAndFlush({ timeout: 30_000 })))
  if (signal.aborted) return null
  view?.phase('the last deliveries settle')
  stage.platforms.calm()
  await segment.workspace.drain()
  const ledger = await settled(stage, signal)
  await segment.workspace.drain()
  if (!ledger) return null
  writeDevSession({ pid: process.pid, storeUrl: store.url, apiKey: stage.apiKey })
  const audiences = await readAudienceOutcomes(stage, [...truth.audiences.keys()])
  const report = makeReport(ledger, truth, stage, audiences)
  view?.keepTable([...summaryLines(report, truth, paint)].flatMap((line) => line.split('\n')))
  narrator.summary(report, truth)
  if (!flags.once) await inviteToLook(stage, truth, narrator, tell)
  return report
}

function library({ segment }: Stage, writeKey: string): Analytics {
  const analytics = new Analytics({
    writeKey,
    host: segment.url,
    path: '/v1/batch',
    flushAt: 25,
    flushInterval: 250,
  })
  analytics.on('error', (error) =>
    logLine('error', `${writeKey}: ${messageOf(error.reason ?? error.code)}`),
  )
  return analytics
}

const PATIENCE_MS = 180_000

// Waits until no delivery is waiting; the schedule of retries decides how long that takes.
async function settled(stage: Stage, signal: AbortSignal): Promise<Reconciliation | null> {
  const until = realClock.now() + PATIENCE_MS
  for (;;) {
    const ledger = await askStage<Reconciliation>(stage, '/v1/reconcile')
    const waiting = Object.values(ledger.destinations).some(
      ({ pending, retrying, reasons }) =>
        pending + retrying + (reasons.held?.[EARLIER_UNDER_WAY] ?? 0) > 0,
    )
    if (!waiting || realClock.now() > until) return ledger
    await sleep(realClock, 200, signal)
    if (signal.aborted) return null
  }
}

async function inviteToLook(
  stage: Stage,
  { sample }: ShopTruth,
  narrator: Narrator,
  print: (line: string) => void,
): Promise<void> {
  const { store, segment, apiKey } = stage
  narrator.heading('Still up')
  print(`  console        ${await signInUrl(stage)}`)
  print(paint.dim('                 signs you in once, within 15 minutes'))
  print(`  store          ${store.url}`)
  print(`  Tracking API   ${segment.url}/v1   write key: ${segment.writeKey}`)
  print(`  analytics.js   ${segment.url}/analytics.js`)
  print('\n  One order, from Segment to every destination:')
  print(`    curl -s -H 'Authorization: Bearer ${apiKey}' ${store.url}/v1/messages/${sample}`)
  print(`    npx tracklayer message explain ${sample}`)
}

async function stayUp(
  stage: Stage,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<void> {
  tell(paint.dim('\n  Ctrl-C ends it and removes the sample.'))
  await aborted(signal)
  tell('\nStopping …')
  await stage.segment.workspace.settled()
}

function wholeNumber(value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1) return number
  throw new InvalidArgumentError('want a whole number from 1')
}
