// `tracklayer dev`: the whole loop on this machine, with sample traffic. `npm start` runs this.
import path from 'node:path'
import { Analytics } from '@segment/analytics-node'
import { Command, InvalidArgumentError } from 'commander'
import { createRandom, sleep } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { EARLIER_UNDER_WAY } from '../../delivery/audience-gate.ts'
import type { Reconciliation } from '../../store/ledger.ts'
import { realClock } from '../clock.ts'
import { logLine, paint, print } from '../output.ts'
import { MAPPINGS } from '../paths.ts'
import { aborted, stopSignal } from '../stop-signal.ts'
import { portNumber } from '../store.ts'
import { askStage, readAudienceOutcomes } from './audience-report.ts'
import { createNarrator, type Narrator } from './narrator.ts'
import { makeReport, type Report } from './report.ts'
import { removeDevSession, writeDevSession } from './session.ts'
import { runShop, type ShopTruth } from './shop.ts'
import { type Stage, setStage } from './stage.ts'

interface DevFlags {
  readonly once?: boolean
  readonly json?: boolean
  readonly seed: number
  readonly shoppers: number
  readonly port?: number
  readonly dataDir: string
  readonly mappings: string
}

const DEFAULT_PORT = 8700

export function devCommand(): Command {
  return new Command('dev')
    .description('run the whole loop on this machine with a sample shop, then stay up')
    .option(
      '--once',
      'end after the sample; exit 1 if the ledger does not balance or an order is lost or sent twice',
    )
    .option('--json', 'print one JSON object last on stdout; the story goes to stderr')
    .option('--seed <number>', 'seed of the shop and of every fault', wholeNumber, 42)
    .option('--shoppers <number>', 'how many shoppers come', wholeNumber, 300)
    .option(
      '--port <port>',
      `port of the store, the next one is Segment's (default: ${DEFAULT_PORT}, or free ones if taken)`,
      portNumber,
    )
    .option('--data-dir <folder>', 'folder of the embedded database', '.tracklayer/postgres')
    .option('--mappings <folder>', 'folder with destinations/ and returns.yaml', MAPPINGS)
    .addHelpText(
      'after',
      `
Examples:
  npm start
  npm start -- --once --json
  tracklayer dev --seed 7 --shoppers 1000`,
    )
    .action(runDev)
}

async function runDev(flags: DevFlags): Promise<void> {
  const signal = stopSignal()
  const narrator = createNarrator(
    flags.json ? (line) => process.stderr.write(`${line}\n`) : print,
    paint,
  )
  const stage = await openStage(flags, narrator)
  try {
    const report = await runSample(flags, stage, narrator, signal)
    if (report && flags.json) print(JSON.stringify(report))
    if (report && report.faults.length > 0) process.exitCode = 1
    if (flags.once || signal.aborted) return
    await stayUp(stage, signal, flags)
  } finally {
    removeDevSession(process.pid)
    await stage.close()
  }
}

async function openStage(flags: DevFlags, narrator: Narrator): Promise<Stage> {
  const options = {
    dataDir: path.resolve(flags.dataDir),
    mappingsDir: path.resolve(flags.mappings),
    clock: realClock,
    random: createRandom(flags.seed),
    log: logLine,
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
  narrator: Narrator,
  signal: AbortSignal,
): Promise<Report | null> {
  const { segment, store } = stage
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
  stage.platforms.calm()
  await segment.workspace.drain()
  const ledger = await settled(stage, signal)
  await segment.workspace.drain()
  if (!ledger) return null
  writeDevSession({ pid: process.pid, storeUrl: store.url, apiKey: stage.apiKey })
  const audiences = await readAudienceOutcomes(stage, [...truth.audiences.keys()])
  const report = makeReport(ledger, truth, stage, audiences)
  narrator.summary(report, truth)
  if (!flags.once) await inviteToLook(stage, truth, narrator)
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
  { store, segment, apiKey }: Stage,
  { sample }: ShopTruth,
  narrator: Narrator,
): Promise<void> {
  narrator.heading('Still up')
  print(`  console        ${store.url}${await signInPath(store.url, apiKey)}`)
  print(paint.dim('                 signs you in once, within 15 minutes'))
  print(`  store          ${store.url}`)
  print(`  Tracking API   ${segment.url}/v1   write key: ${segment.writeKey}`)
  print(`  analytics.js   ${segment.url}/analytics.js`)
  print('\n  One order, from Segment to every destination:')
  print(`    curl -s -H 'Authorization: Bearer ${apiKey}' ${store.url}/v1/messages/${sample}`)
  print(`    npx tracklayer message explain ${sample}`)
}

async function signInPath(storeUrl: string, apiKey: string): Promise<string> {
  const answer = await fetch(`${storeUrl}/v1/sign-in-links`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ role: 'admin', actor: 'npm start' }),
  })
  const { path: signIn } = (await answer.json()) as { path: string }
  return signIn
}

async function stayUp(stage: Stage, signal: AbortSignal, flags: DevFlags): Promise<void> {
  if (!flags.json) print(paint.dim('\n  Ctrl-C ends it and removes the sample.'))
  await aborted(signal)
  if (!flags.json) print('\nStopping …')
  await stage.segment.workspace.settled()
}

function wholeNumber(value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1) return number
  throw new InvalidArgumentError('want a whole number from 1')
}
