// Where the deliveries of each destination stand: what settled in the last day, and what waits now. The ledger as a whole is
// added up by `reconcile`, which takes its time.
import type { Pool } from 'pg'
import { type Database, inSnapshot } from './database.ts'
import { DELIVERY_STATES, type DeliveryState } from './ledger.ts'
import { countSpans, type SettledCount } from './minute-counts.ts'
import { MINUTE_MS, readTallies, spansWithout } from './minute-tallies.ts'
import { countWaiting, type WaitingCount, type WaitingState } from './waiting-counts.ts'

export type DaySums = Readonly<Record<DeliveryState, number>> & {
  readonly total: number
  /** Settled since then; what waits, waits now. */
  readonly since: string
  /** States of which more wait than are counted. */
  readonly partial: readonly WaitingState[]
  /** State → reason → count, of the latest settled and of what waits. */
  readonly reasons: Readonly<Partial<Record<DeliveryState, Readonly<Record<string, number>>>>>
  /** False where there are more than the latest that the reasons were read of. */
  readonly has_all_reasons: boolean
  /** Delivered in the last minute, a second. */
  readonly delivered_per_second: number
  /** When the earliest of what is pending was due; null when nothing is. */
  readonly first_due_at: string | null
}

const DAY_MS = 24 * 60 * MINUTE_MS
/** Rows looked at for their reasons, of all destinations together. */
const MOST_REASONS = 5000

/** Destination → its sums; one without any delivery has none. @throws TrackLayerError UNAVAILABLE */
export async function readDaySums(
  { pool, clock }: Pick<Database, 'pool' | 'clock'>,
  environment: string,
  destinations: readonly string[],
): Promise<ReadonlyMap<string, DaySums>> {
  const nowMs = clock.now()
  const from = new Date(Math.floor((nowMs - DAY_MS) / MINUTE_MS) * MINUTE_MS)
  const span = { from, to: new Date(nowMs + MINUTE_MS) }
  const read = await inSnapshot(pool, async (client) => {
    const tallies = await readTallies(client, environment, span)
    const slots = { origin: from, slotMs: MINUTE_MS }
    const { settled } = await countSpans(client, environment, spansWithout(tallies, span), slots)
    const tallied = tallies.flatMap(({ minute, counts }) =>
      Object.entries(counts.settled).flatMap(([destination, states]) =>
        Object.entries(states).map(([state, count]): SettledCount => {
          return { begins_at: minute, destination, state: state as DeliveryState, count }
        }),
      ),
    )
    return {
      settled: [...tallied, ...settled],
      waiting: await countWaiting(client, environment, destinations, nowMs),
      reasons: await readReasons(client, environment, from),
      rates: await readRates(client, environment, nowMs),
    }
  })
  return new Map(
    destinations.flatMap((name) => {
      const sums = sumsOf(name, from, read)
      return sums.total === 0 ? [] : [[name, sums] as const]
    }),
  )
}

interface Read {
  readonly settled: readonly SettledCount[]
  readonly waiting: readonly WaitingCount[]
  readonly reasons: readonly ReasonRow[]
  readonly rates: ReadonlyMap<string, number>
}

function sumsOf(name: string, from: Date, { settled, waiting, reasons, rates }: Read): DaySums {
  const states = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as Record<
    DeliveryState,
    number
  >
  const waits = waiting.filter(({ destination }) => destination === name)
  for (const { state, count, destination } of settled)
    if (destination === name) states[state] += count
  for (const { state, count } of waits) states[state] += count
  const ofName = reasons.filter(({ destination }) => destination === name)
  const byState: Partial<Record<DeliveryState, Record<string, number>>> = {}
  for (const { state, reason, count } of ofName)
    if (reason !== null) byState[state] = { ...byState[state], [reason]: count }
  const due = waits.find(({ state }) => state === 'pending')?.first_due_at
  return {
    ...states,
    total: Object.values(states).reduce((sum, count) => sum + count, 0),
    since: from.toISOString(),
    partial: waits.flatMap(({ state, is_partial }) => (is_partial ? [state] : [])),
    reasons: byState,
    has_all_reasons: reasons.reduce((sum, { count }) => sum + count, 0) < MOST_REASONS,
    delivered_per_second: rates.get(name) ?? 0,
    first_due_at: due?.toISOString() ?? null,
  }
}

interface ReasonRow {
  readonly destination: string
  readonly state: DeliveryState
  readonly reason: string | null
  readonly count: number
}

async function readReasons(
  client: Pick<Pool, 'query'>,
  environment: string,
  from: Date,
): Promise<readonly ReasonRow[]> {
  const stuck = (state: string) => `
    (select destination, state, reason from deliveries
     where environment = $1 and state = '${state}' order by event_id desc limit ${MOST_REASONS})`
  const { rows } = await client.query<ReasonRow>(
    `select destination, state, reason, count(*)::integer as count
     from (
       (select destination, state, reason from deliveries
        where environment = $1 and settled_at is not null and settled_at >= $2
        order by settled_at desc limit ${MOST_REASONS})
       union all ${stuck('held')} union all ${stuck('retrying')}
     ) latest group by 1, 2, 3`,
    [environment, from],
  )
  return rows
}

async function readRates(
  client: Pick<Pool, 'query'>,
  environment: string,
  nowMs: number,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ destination: string; count: number }>(
    `select destination, count(*)::integer as count from deliveries
     where environment = $1 and settled_at is not null and settled_at > $2 and state = 'delivered' group by 1`,
    [environment, new Date(nowMs - MINUTE_MS)],
  )
  return new Map(rows.map(({ destination, count }) => [destination, count / 60]))
}
