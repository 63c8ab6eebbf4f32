// What the worker delivers: claim, decide, map, sign, send, record, of orders that are stored already. To a webhook in one
// request each and in batches, and in Meta's batches; the receiver answers at once.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import type { JsonObject } from '../core/json.ts'
import { setDestinationState } from '../store/destination-states.ts'
import { loadTable, ROOT } from './built.ts'
import { ENVIRONMENT } from './canonicalise.ts'
import { type InstantReceiver, startInstantReceiver } from './instant-receiver.ts'
import { createPoster, makeBodies, runRound } from './load.ts'
import { cpuOf, cpuOfFamily, pinTo } from './machine.ts'
import { spreadOf } from './measure.ts'
import { createChance } from './random.ts'
import type { PartOptions, PartResult, Row } from './result.ts'
import { createShop, type Shop } from './samples.ts'
import { type RunningStore, type RunningWorker, startStore, startWorker } from './store-process.ts'

const MARK = 5_000
const SEED = 20_261_125
const CORES = '0,1'
const ORDERS_A_ROUND = 8_000
const BATCH = 100
const WEBHOOK_BATCH = 100
// The JIT compiler still works during the first thousands.
const WARM_UP_ROUNDS = 2
const DESTINATIONS = ['webhook', 'webhook-batches', 'meta'] as const
type Name = (typeof DESTINATIONS)[number]

export async function benchDeliveries(options: PartOptions): Promise<PartResult> {
  const unpin = pinTo(CORES)
  const receiver = await startInstantReceiver(answerTo)
  const variables = {
    TRACKLAYER_ALLOW_PRIVATE_ADDRESSES: 'true',
    WEBHOOK_URL_PRODUCTION: `${receiver.url}/events`,
    META_PIXEL_ID_PRODUCTION: '100200300400500',
    META_ACCESS_TOKEN_PRODUCTION: 'bench-token',
    META_BASE_URL_PRODUCTION: receiver.url,
    // Off: a third destination would only cost ingestion.
    SEGMENT_RETURN_URL_PRODUCTION: '',
  }
  const mappings = mappingsWithBatches()
  const flags = ['--mappings', mappings]
  const store = await startStore(variables, flags)
  let worker: RunningWorker | undefined
  const close = async () => {
    await worker?.close()
    await store.close()
    await receiver.close()
    rmSync(mappings, { recursive: true })
  }
  const onInterrupt = () => void close().finally(() => process.exit(130))
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt)
  try {
    worker = await startWorker(
      store,
      variables,
      flags,
      (process.env.BENCH_NODE ?? '').split(' ').filter(Boolean),
    )
    return await measure({ store, worker, receiver }, options, unpin !== null)
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt)
    await close()
    unpin?.()
  }
}

// The shipped destinations, and the webhook once more, with what makes batches of it.
function mappingsWithBatches(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tracklayer-bench-mappings-'))
  cpSync(path.join(ROOT, 'mappings'), folder, { recursive: true })
  const alone = readFileSync(path.join(folder, 'destinations', 'webhook.yaml'), 'utf8')
  const inBatches = alone.replace(/^limits:$/m, `$&\n  batch_size: ${WEBHOOK_BATCH}`)
  writeFileSync(path.join(folder, 'destinations', 'webhook-batches.yaml'), inBatches)
  return folder
}

// Meta says how many it took, and is asked again for those that are missing. A webhook's receiver says nothing.
function answerTo(received: string): string {
  if (received.startsWith('POST /events ')) return 'ok'
  return `{"events_received":${received.split('"event_name":').length - 1}}`
}

interface Stage {
  readonly store: RunningStore
  readonly worker: RunningWorker
  readonly receiver: InstantReceiver
}

interface Measured {
  readonly seconds: number
  readonly workerCpuMs: number
  readonly postgresCpuMs: number
  readonly receiverCpuMs: number
}

async function measure(
  stage: Stage,
  { seconds, progress }: PartOptions,
  isPinned: boolean,
): Promise<PartResult> {
  const { store } = stage
  const admin = new pg.Pool({ ...store.postgres.connection, max: 1 })
  const shop = withConsent(createShop(createChance(SEED)))
  const table = loadTable()
  const rounds: Record<Name, Measured[]> = { webhook: [], 'webhook-batches': [], meta: [] }
  try {
    await switchAll(admin, true)
    let measured = 0
    for (let round = -WARM_UP_ROUNDS; measured < seconds; round++) {
      const bodies = makeBodies(shop, table, { batches: ORDERS_A_ROUND / BATCH, batchSize: BATCH })
      // One writer: several would wait for each other's people. A connection kept over a round's end may be gone.
      const poster = createPoster(store.url, 1)
      await runRound(bodies, 1, poster.post)
      poster.close()
      await admin.query('vacuum analyze')
      for (const name of DESTINATIONS) {
        const own = await deliverAll(stage, admin, name)
        const state = round < 0 ? 'warming up' : `${measured.toFixed(0)} of ${seconds} s`
        progress(`deliveries: ${name}, ${state}, ${Math.round(ORDERS_A_ROUND / own.seconds)}/s`)
        if (round < 0) continue
        rounds[name].push(own)
        measured += own.seconds
      }
    }
    return resultOf(rounds, [
      isPinned
        ? `worker, PostgreSQL and the receiver together on cores ${CORES}`
        : 'not pinned to cores: there is no taskset here',
      `rounds of ${ORDERS_A_ROUND} orders, stored before the clock starts; it stops when the last is on record`,
    ])
  } finally {
    await admin.end()
  }
}

// Meta is asked about with consent, under the categories of mappings/consent.yaml.
function withConsent(shop: Shop): Shop {
  const categoryPreferences = { Advertising: true, Analytics: true, Functional: true }
  return {
    ...shop,
    kind: () => 'order',
    message: (kind) => {
      const message = shop.message(kind) as JsonObject
      const context = { ...(message.context as JsonObject), consent: { categoryPreferences } }
      return { ...message, context } as never
    },
  }
}

async function switchAll(admin: pg.Pool, isPaused: boolean): Promise<void> {
  for (const name of DESTINATIONS) await switchTo(admin, name, isPaused)
}

async function switchTo(admin: pg.Pool, destination: string, isPaused: boolean): Promise<void> {
  const at = new Date()
  const change = { environment: ENVIRONMENT, destination, isPaused, reason: 'bench', at }
  await setDestinationState(admin, change)
}

async function deliverAll(
  { store, worker, receiver }: Stage,
  admin: pg.Pool,
  name: Name,
): Promise<Measured> {
  const spent = () => [cpuOf(worker.pid), cpuOfFamily(store.postgres.pid), cpuOf(process.pid)]
  receiver.reset()
  const before = spent()
  await switchTo(admin, name, false)
  await recorded(admin, name)
  const seconds = (performance.now() - receiver.firstAt()) / 1000
  const [workerCpuMs = Number.NaN, postgresCpuMs = Number.NaN, receiverCpuMs = Number.NaN] =
    spent().map((after, at) => (after ?? Number.NaN) - (before[at] ?? Number.NaN))
  await switchTo(admin, name, true)
  return { seconds, workerCpuMs, postgresCpuMs, receiverCpuMs }
}

// By the partial index of what is due, which empties: the question costs less and less.
async function recorded(admin: pg.Pool, name: Name): Promise<void> {
  for (;;) {
    const { rows } = await admin.query<{ open: boolean; wrong: boolean }>(
      `select exists (select from deliveries where environment = $1 and destination = $2
                      and state in ('pending', 'retrying', 'held')) as open`,
      [ENVIRONMENT, name],
    )
    if (!rows[0]?.open) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { rows } = await admin.query<{ state: string }>(
    `select distinct state from deliveries where environment = $1 and destination = $2`,
    [ENVIRONMENT, name],
  )
  if (rows.length !== 1 || rows[0]?.state !== 'delivered')
    throw new Error(`${name}: not all was delivered: ${JSON.stringify(rows)}`)
}

const TITLES: Readonly<Record<Name, string>> = {
  webhook: 'webhook, one request each',
  'webhook-batches': `webhook, up to ${WEBHOOK_BATCH} in a request`,
  meta: 'Meta, up to 1000 in a request',
}

function resultOf(rounds: Record<Name, Measured[]>, notes: readonly string[]): PartResult {
  return {
    name: 'deliveries',
    title: 'Deliveries: from the ledger to an instant local receiver and back on record',
    rows: DESTINATIONS.flatMap((name) => rowsOf(name, rounds[name])),
    notes,
  }
}

function rowsOf(name: Name, rounds: readonly Measured[]): Row[] {
  const rates = spreadOf(rounds.map(({ seconds }) => ORDERS_A_ROUND / seconds))
  const mark = { want: `≥ ${MARK.toLocaleString('en-US')}/s`, isMet: rates.median >= MARK }
  const perDelivery = (cost: (round: Measured) => number) =>
    spreadOf(rounds.map((round) => (cost(round) * 1000) / ORDERS_A_ROUND))
  const cores = rounds.map(
    ({ workerCpuMs, postgresCpuMs, receiverCpuMs, seconds }) =>
      (workerCpuMs + postgresCpuMs + receiverCpuMs) / (seconds * 1000),
  )
  const cost = (what: string, of: (round: Measured) => number): Row => ({
    what: `${name}: ${what}`,
    value: perDelivery(of),
    unit: 'µs CPU/delivery',
  })
  return [
    { what: TITLES[name], value: rates, unit: 'deliveries/s', mark },
    { what: `${name}: cores kept busy, all three`, value: spreadOf(cores), unit: 'cores' },
    cost('worker process', ({ workerCpuMs }) => workerCpuMs),
    cost('PostgreSQL', ({ postgresCpuMs }) => postgresCpuMs),
    cost('receiver', ({ receiverCpuMs }) => receiverCpuMs),
  ].filter(({ value }) => !Number.isNaN(value.median))
}
