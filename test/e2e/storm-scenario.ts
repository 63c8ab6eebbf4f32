// A storm: events come in, six destinations with bad days are delivered to by workers that are killed at random, and at the
// end the ledger is held, row by row, against what each platform counted.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type pg from 'pg'
import { createRandom, type Random } from '../../core/clock.ts'
import type { Reconciliation } from '../../store/ledger.ts'
import { type RunningProgram, startProgram } from './processes.ts'
import { writeStormMappings } from './storm-mappings.ts'
import {
  STORM_DESTINATIONS,
  type StormDestination,
  type StormPlatforms,
  startStormPlatforms,
} from './storm-platforms.ts'
import { createStormSender, STORM_ACCOUNT, STORM_SECRET } from './storm-sender.ts'

const API_KEY = 'a-key-for-storm-tests-only'

export interface StormOptions {
  readonly seed: number
  /** Distinct facts; about a quarter more messages state them. */
  readonly events: number
  readonly workers: number
  readonly kills: number
  /** Milliseconds between kills, at the least and at the most. */
  readonly killAfterMs: readonly [number, number]
  readonly batchSize: number
  /** A database of the storm's own, migrated. */
  readonly database: { readonly connection: pg.ClientConfig; readonly pool: pg.Pool }
  readonly withinMs: number
}

export interface StormResult {
  readonly ledger: Reconciliation
  /** One line for each row that does not agree with what its platform counted. */
  readonly faults: readonly string[]
  /** Destination → state → rows. */
  readonly states: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Kinds of bad answers that were met. */
  readonly weather: Readonly<Record<string, number>>
  /** Attempts that ended with their worker, without a record. */
  readonly lostAttempts: number
}

export async function runStorm(options: StormOptions): Promise<StormResult> {
  const random = createRandom(options.seed)
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tracklayer-storm-'))
  const mappings = path.join(folder, 'mappings')
  const platforms = await startStormPlatforms(random)
  // The store first, then the workers.
  const programs: RunningProgram[] = []
  try {
    writeStormMappings(mappings, options.batchSize)
    const start = createStarter(options, platforms, mappings)
    const store = await start.store()
    programs.push(store)
    for (let i = 0; i < options.workers; i++) programs.push(await start.worker())
    const sender = createStormSender(() => String(store.ready.url), random, options.events)
    const isSent = sender.send()
    await killAtRandom(options, random, programs, start.worker)
    await isSent
    await settled(options)
    const ledger = await reconciliation(String(store.ready.url))
    return { ledger, ...(await verdict(options, platforms)) }
  } finally {
    for (const program of programs) await program.stop()
    await platforms.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function createStarter({ database }: StormOptions, platforms: StormPlatforms, mappings: string) {
  const { host, port, user, database: name } = database.connection
  const env = {
    ...platforms.env,
    TRACKLAYER_ACCOUNT: STORM_ACCOUNT,
    TRACKLAYER_SECRET_PRODUCTION: STORM_SECRET,
    TRACKLAYER_API_KEY_PRODUCTION: API_KEY,
    TRACKLAYER_ALLOW_PRIVATE_ADDRESSES: 'true',
    DATABASE_URL: `postgresql://${user}@/${encodeURIComponent(String(name))}?host=${encodeURIComponent(String(host))}&port=${port}`,
  }
  const place = ['--json', '--mappings', mappings]
  return {
    store: () => startProgram(['store', 'serve', '--no-delivery', '--port', '0', ...place], env),
    worker: () => startProgram(['delivery', 'run', ...place], env),
  }
}

async function killAtRandom(
  { kills, killAfterMs: [least, most] }: StormOptions,
  random: Random,
  programs: RunningProgram[],
  start: () => Promise<RunningProgram>,
): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    await afterMs(least + random() * (most - least))
    const at = 1 + Math.floor(random() * (programs.length - 1))
    await programs[at]?.kill()
    programs[at] = await start()
  }
}

// A wait for a moment of chance, not for a condition: the kill has to fall anywhere in the work.
function afterMs(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

async function settled({ database, withinMs }: StormOptions): Promise<void> {
  const endsAt = Date.now() + withinMs
  for (;;) {
    const { rows } = await database.pool.query(
      `select destination, state, reason, count(*), max(attempts) as attempts, max(due_at - now())::text as due from deliveries
       where state in ('pending', 'retrying', 'held') group by 1, 2, 3 order by 4 desc`,
    )
    if (rows.length === 0) return
    if (Date.now() > endsAt)
      throw new Error(
        `Not settled within ${withinMs / 1000} s: ${JSON.stringify(rows.slice(0, 8))}`,
      )
    await afterMs(100)
  }
}

async function reconciliation(url: string): Promise<Reconciliation> {
  const headers = { Authorization: `Bearer ${API_KEY}` }
  const response = await fetch(`${url}/v1/reconcile`, { headers })
  return (await response.json()) as Reconciliation
}

interface Row {
  readonly destination: StormDestination
  readonly state: string
  readonly reason: string | null
  readonly event_id: string
  readonly attempts: number
}

async function verdict({ database }: StormOptions, platforms: StormPlatforms) {
  const { rows } = await database.pool.query<Row>(
    `select d.destination, d.state, d.reason, d.attempts, e.event_id
     from deliveries d join events e on e.id = d.event_id order by d.id`,
  )
  const lost = await database.pool.query<{ count: string }>(
    'select (select sum(attempts) from deliveries) - (select count(*) from attempts) as count',
  )
  return {
    faults: STORM_DESTINATIONS.flatMap((destination) =>
      faultsOf(
        rows.filter((row) => row.destination === destination),
        platforms.counted(destination),
        destination === 'ga4' ? platforms.dropped() : new Set(),
      ),
    ),
    states: statesOf(rows),
    weather: platforms.faults(),
    lostAttempts: Number(lost.rows[0]?.count),
  }
}

/** State → how often the platform may have counted the event. */
const ALLOWED: Readonly<Record<string, readonly number[]>> = {
  delivered: [1],
  filtered: [0],
  dead: [0],
  unknown: [0, 1],
}

function faultsOf(
  rows: readonly Row[],
  counted: ReadonlyMap<string, number>,
  dropped: ReadonlySet<string>,
): string[] {
  const known = new Set(rows.map(({ event_id }) => event_id))
  const strangers = [...counted.keys()].filter((id) => !known.has(id))
  const wrong = rows.flatMap(({ destination, state, reason, event_id, attempts }) => {
    const times = counted.get(event_id) ?? 0
    if (ALLOWED[state]?.includes(times)) return []
    if (state === 'delivered' && times === 0 && dropped.has(event_id)) return []
    return [`${destination} ${event_id}: ${state} (${reason}) after ${attempts}, counted ${times}x`]
  })
  return [...wrong, ...strangers.map((id) => `${id}: counted, and not in the ledger`)]
}

function statesOf(rows: readonly Row[]): Record<string, Record<string, number>> {
  const sums: Record<string, Record<string, number>> = {}
  for (const { destination, state } of rows) {
    const own = sums[destination] ?? {}
    own[state] = (own[state] ?? 0) + 1
    sums[destination] = own
  }
  return sums
}
