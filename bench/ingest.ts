// What the store accepts: events a second, durable when answered, beside the same batches written as one row each.
import pg from 'pg'
import { createDatabase, onDatabase } from '../store/embedded/databases.ts'
import { loadTable } from './built.ts'
import { createPoster, makeBodies, type Round, runRound, type SignedBody } from './load.ts'
import { cpuOf, cpuOfFamily, pinTo } from './machine.ts'
import { quantile, spreadOf } from './measure.ts'
import { createChance } from './random.ts'
import { exactly, type PartOptions, type PartResult, type Row } from './result.ts'
import { createShop } from './samples.ts'
import { type RunningStore, withStore } from './store-process.ts'

const MARK = 4_000
const WRITERS = 32
const BATCH = 20
const SEED = 20_261_124
const CORES = '0,1'
/** Long enough to level out a commit or two, short enough to hold all its bodies in memory: 34 MB. */
const BATCHES_A_ROUND = 400
// The JIT compiler still works after 30,000 events; by then the store costs a third less than at first. By then, too,
// each connection has run each statement more than five times, after which PostgreSQL keeps its plans.
const WARM_UP_ROUNDS = 4

export async function benchIngest(options: PartOptions): Promise<PartResult> {
  const unpin = pinTo(CORES)
  try {
    return await withStore({}, (store) => measure(store, options, unpin !== null))
  } finally {
    unpin?.()
  }
}

interface Measured extends Round {
  readonly storeCpuMs: number
  readonly postgresCpuMs: number
  readonly loadCpuMs: number
  readonly walBytes: number
}

async function measure(
  store: RunningStore,
  { seconds, progress }: PartOptions,
  isPinned: boolean,
): Promise<PartResult> {
  const floor = await openFloor(store)
  const admin = new pg.Pool({ ...store.postgres.connection, max: 1 })
  const poster = createPoster(store.url, WRITERS)
  const table = loadTable()
  const shop = createShop(createChance(SEED))
  const ours: Measured[] = []
  const floors: Measured[] = []
  try {
    let measured = 0
    for (let round = -WARM_UP_ROUNDS; measured < seconds; round++) {
      const bodies = makeBodies(shop, table, { batches: BATCHES_A_ROUND, batchSize: BATCH })
      const own = await observed(store, admin, () => runRound(bodies, WRITERS, poster.post))
      const other = await observed(store, admin, () => runRound(bodies, WRITERS, floor.write))
      const state = round < 0 ? 'warming up' : `${measured.toFixed(0)} of ${seconds} s`
      progress(`ingest: ${state}, ${Math.round(eventsPerSecond(own))} events/s`)
      if (round < 0) continue
      ours.push(own)
      floors.push(other)
      measured += own.seconds
    }
    const ledger = await assertLedger(admin, store)
    return resultOf(ours, floors, [
      isPinned
        ? `store, PostgreSQL and this load generator together on cores ${CORES}`
        : 'not pinned to cores: there is no taskset here',
      `${BATCH}-event batches, ${WRITERS} writers, over HTTP; ${await durabilityOf(admin)}`,
      ledger,
    ])
  } finally {
    poster.close()
    await floor.close()
    await admin.end()
  }
}

// The least that durable batches cost on this server: the body as it is, in one row.
async function openFloor(store: RunningStore) {
  await createDatabase(store.postgres.connection, 'bench_floor')
  const connection = onDatabase(store.postgres.connection, 'bench_floor')
  const clients = Array.from({ length: WRITERS }, () => new pg.Client(connection))
  await Promise.all(clients.map((client) => client.connect()))
  await clients[0]?.query(
    'create table batches (id bigint generated always as identity primary key, body jsonb not null)',
  )
  const insert = { name: 'insert-batch', text: 'insert into batches (body) values ($1::jsonb)' }
  return {
    write: async ({ body }: SignedBody, writer: number) => {
      await clients[writer]?.query({ ...insert, values: [body.toString()] })
      return ''
    },
    close: () => Promise.all(clients.map((client) => client.end())),
  }
}

async function observed(
  { pid, postgres }: RunningStore,
  admin: pg.Pool,
  run: () => Promise<Round>,
): Promise<Measured> {
  const walBefore = await walPosition(admin)
  const spent = () => [cpuOf(pid), cpuOfFamily(postgres.pid), cpuOf(process.pid)]
  const before = spent()
  const round = await run()
  const [storeCpuMs = Number.NaN, postgresCpuMs = Number.NaN, loadCpuMs = Number.NaN] = spent().map(
    (after, at) => (after ?? Number.NaN) - (before[at] ?? Number.NaN),
  )
  const walBytes = (await walPosition(admin)) - walBefore
  return { ...round, storeCpuMs, postgresCpuMs, loadCpuMs, walBytes }
}

async function walPosition(admin: pg.Pool): Promise<number> {
  const { rows } = await admin.query<{ bytes: string }>(
    "select pg_current_wal_insert_lsn() - '0/0' as bytes",
  )
  return Number(rows[0]?.bytes)
}

async function durabilityOf(admin: pg.Pool): Promise<string> {
  const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'wal_sync_method']
  const { rows } = await admin.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1) order by array_position($1, name)',
    [names],
  )
  return rows.map(({ name, setting }) => `${name} ${setting}`).join(', ')
}

// A number for work that was not done would be worthless: every message is there, and every event with its rows.
async function assertLedger(admin: pg.Pool, { destinations }: RunningStore): Promise<string> {
  const { rows } = await admin.query<Record<string, string>>(
    `select (select count(*) from messages) as messages, (select count(*) from events) as events,
            (select count(*) from deliveries) as deliveries, (select count(*) from profiles) as profiles,
            (select count(*) from messages where outcome = 'duplicate') as duplicates`,
  )
  const { messages, events, deliveries, profiles, duplicates } = rows[0] ?? {}
  if (destinations !== 2 || Number(deliveries) !== Number(events) * 2 || Number(events) === 0) {
    throw new Error(`${events} events, ${destinations} destinations, ${deliveries} ledger rows`)
  }
  return `stored: ${messages} messages of ${profiles} people, ${events} events, ${duplicates} duplicate orders, ${deliveries} ledger rows`
}

function eventsPerSecond({ answers, seconds }: Round): number {
  return (answers.length * BATCH) / seconds
}

function resultOf(
  ours: readonly Measured[],
  floors: readonly Measured[],
  notes: readonly string[],
): PartResult {
  assertAnswers(ours)
  const rates = spreadOf(ours.map(eventsPerSecond))
  const ratio = spreadOf(
    ours.map((own, at) => eventsPerSecond(own) / eventsPerSecond(floors[at] ?? own)),
  )
  const floorRates = spreadOf(floors.map(eventsPerSecond))
  return {
    name: 'ingest',
    title: 'Ingest: events accepted durably over HTTP, two ledger rows each',
    rows: [
      { what: 'floor: body as one jsonb row, no HTTP', value: floorRates, unit: 'events/s' },
      {
        what: 'store',
        value: rates,
        unit: 'events/s',
        ratio,
        mark: { want: `≥ ${MARK.toLocaleString('en-US')}/s`, isMet: rates.median >= MARK },
      },
      ...latencyRows(ours),
      coresRow(ours),
      ...costRows('', ours),
      ...costRows('floor: ', floors),
    ].filter(({ value }) => !Number.isNaN(value.median)),
    notes,
  }
}

function latencyRows(rounds: readonly Measured[]): Row[] {
  const sorted = rounds.flatMap(({ latencies }) => latencies).sort((a, b) => a - b)
  return [0.5, 0.95, 0.99].map((share) => ({
    what: `request, p${share * 100}`,
    value: exactly(quantile(sorted, share)),
    unit: 'ms',
  }))
}

// Of the two we are confined to: what is missing was taken by neighbours, or spent waiting for the disk.
function coresRow(rounds: readonly Measured[]): Row {
  const cores = rounds.map(
    ({ storeCpuMs, postgresCpuMs, loadCpuMs, seconds }) =>
      (storeCpuMs + postgresCpuMs + loadCpuMs) / (seconds * 1000),
  )
  return { what: 'cores kept busy, all three', value: spreadOf(cores), unit: 'cores' }
}

function costRows(prefix: string, rounds: readonly Measured[]): Row[] {
  const perEvent = (cost: (round: Measured) => number) =>
    spreadOf(rounds.map((round) => cost(round) / (round.answers.length * BATCH)))
  const rows: Row[] = [
    {
      what: `${prefix}PostgreSQL`,
      value: perEvent(({ postgresCpuMs }) => postgresCpuMs * 1000),
      unit: 'µs CPU/event',
    },
    {
      what: `${prefix}load generator`,
      value: perEvent(({ loadCpuMs }) => loadCpuMs * 1000),
      unit: 'µs CPU/event',
    },
    {
      what: `${prefix}WAL`,
      value: perEvent(({ walBytes }) => walBytes),
      unit: 'bytes/event',
    },
  ]
  if (prefix !== '') return rows
  const store = perEvent(({ storeCpuMs }) => storeCpuMs * 1000)
  return [{ what: 'store process', value: store, unit: 'µs CPU/event' }, ...rows]
}

function assertAnswers(rounds: readonly Measured[]): void {
  for (const { answers } of rounds) {
    for (const answer of answers) {
      const { results } = JSON.parse(answer) as { results: { status: number }[] }
      if (results.length === BATCH && results.every(({ status }) => status === 200)) continue
      throw new Error(`The store did not accept a batch: ${answer.slice(0, 400)}`)
    }
  }
}
