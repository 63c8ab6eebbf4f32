// Minutes that are over, counted once. A tally is never ahead of the ledger and never behind it: what is settled leaves its
// state only by a replay or by a platform's correction, and both call `recountMinutesOf` in their own transaction; whatever
// has no tally is counted at the look. Any number of processes may count the same minute.
import type { PoolClient } from 'pg'
import { sleep } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { type Database, inSnapshot, inTransaction } from './database.ts'
import { countFinalOrders, countSpans, type Span } from './minute-counts.ts'

export const MINUTE_MS = 60_000
/** What is older is not kept: no window reaches so far back. */
const KEPT_MS = 8 * 24 * 60 * MINUTE_MS
// From the instant a row states to its commit, and from one store's clock to another's.
const OVER_AFTER_MS = 2 * MINUTE_MS
const RECOUNTED_AFTER_MS = 30 * MINUTE_MS
const AT_ONCE = 60

export interface MinuteCounts {
  readonly messages: Readonly<Partial<Record<'accepted' | 'duplicate' | 'unmapped', number>>>
  readonly rejected: number
  /** Destination → state → count. */
  readonly settled: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly orders: {
    readonly count: number
    readonly unbalanced: number
    /** Events of those that are not final, by row id. */
    readonly open: readonly string[]
    /** Of the final ones: destination → state → count. */
    readonly final: Readonly<Record<string, Readonly<Record<string, number>>>>
  }
}

export interface MinuteTally {
  readonly minute: Date
  readonly counts: MinuteCounts
}

/** The tallies there are of the span, the oldest first. */
export async function readTallies(
  client: Pick<PoolClient, 'query'>,
  environment: string,
  { from, to }: Span,
): Promise<readonly MinuteTally[]> {
  const { rows } = await client.query<MinuteTally>(
    `select minute, counts from minute_tallies
     where environment = $1 and minute >= $2 and minute < $3 and counts is not null order by minute`,
    [environment, from, to],
  )
  return rows
}

/** What lies between them, as few spans as possible. */
export function spansWithout(tallies: readonly MinuteTally[], { from, to }: Span): Span[] {
  const spans: Span[] = []
  let end = from.getTime()
  const add = (until: number) => {
    if (until > end) spans.push({ from: new Date(end), to: new Date(until) })
  }
  for (const { minute } of tallies) {
    add(minute.getTime())
    end = minute.getTime() + MINUTE_MS
  }
  add(to.getTime())
  return spans
}

/**
 * Has the minutes counted anew in which these deliveries settled and their events came. Before they are changed, and in
 * the same transaction: a count that has begun meanwhile is not kept.
 */
export async function recountMinutesOf(
  client: PoolClient,
  deliveries: readonly string[],
): Promise<void> {
  if (deliveries.length === 0) return
  // In order, as every statement on these rows. A minute that is not counted yet gets a row too: whoever begins counting
  // it waits for this transaction.
  await client.query(
    `insert into minute_tallies as t (environment, minute)
     select distinct d.environment, date_bin('1 minute', x.at, 'epoch')
     from deliveries d join events e on e.id = d.event_id
     cross join lateral (values (d.settled_at), (e.received_at)) as x (at)
     where d.id = any($1::bigint[]) and d.settled_at is not null
     order by 1, 2
     on conflict (environment, minute) do update set version = t.version + 1, counts = null`,
    [deliveries],
  )
}

/**
 * Counts up to 60 minutes that are over and not counted, the latest first, or that are to be counted again.
 * @returns how many
 */
export async function tallyMinutes(database: Database, environment: string): Promise<number> {
  const nowMs = database.clock.now()
  const begun = await beginMinutes(database, environment, nowMs)
  if (begun.length === 0) return 0
  const counts = await countMinutes(
    database,
    environment,
    begun.map(({ minute }) => minute),
  )
  await keepCounts(database, environment, begun, counts, nowMs)
  return begun.length
}

interface BegunMinute {
  readonly minute: Date
  readonly version: number
}

// In a transaction of its own: counting begins after whoever holds one of these rows has committed.
async function beginMinutes(
  database: Database,
  environment: string,
  nowMs: number,
): Promise<readonly BegunMinute[]> {
  const last = new Date(Math.floor((nowMs - OVER_AFTER_MS) / MINUTE_MS) * MINUTE_MS - MINUTE_MS)
  return inTransaction(database, async (client) => {
    await client.query(
      `insert into minute_tallies (environment, minute)
       select $1, missing.m
       from (select min(received_at) as at from messages where environment = $1) first
       cross join lateral (
         select m from generate_series(
           greatest($2::timestamptz, date_bin('1 minute', first.at, 'epoch')), $3::timestamptz, interval '1 minute') m
         where first.at is not null
           and not exists (select from minute_tallies t where t.environment = $1 and t.minute = m)
         order by m desc limit ${AT_ONCE}
       ) missing order by missing.m on conflict do nothing`,
      [environment, new Date(last.getTime() - KEPT_MS + 60 * MINUTE_MS), last],
    )
    const { rows } = await client.query<BegunMinute>(
      `select minute, version from minute_tallies
       where environment = $1 and minute <= $2 and (counts is null or recount_at <= $3)
       order by counts is null desc, minute desc limit ${AT_ONCE}`,
      [environment, last, new Date(nowMs)],
    )
    return rows
  })
}

async function countMinutes(
  { pool }: Database,
  environment: string,
  minutes: readonly Date[],
): Promise<ReadonlyMap<number, MinuteCounts>> {
  const spans = minutes.map((from) => ({ from, to: new Date(from.getTime() + MINUTE_MS) }))
  const slots = { origin: new Date(0), slotMs: MINUTE_MS }
  const { sums, orders } = await inSnapshot(pool, async (client) => ({
    sums: await countSpans(client, environment, spans, slots),
    orders: await countFinalOrders(client, environment, spans, slots),
  }))
  const of = <Row extends { begins_at: Date }>(rows: readonly Row[], minute: Date) =>
    rows.filter(({ begins_at }) => begins_at.getTime() === minute.getTime())
  return new Map(
    minutes.map((minute) => {
      const [came] = of(orders.orders, minute)
      const counts: MinuteCounts = {
        messages: Object.fromEntries(
          of(sums.messages, minute).map(({ outcome, count }) => [outcome, count]),
        ),
        rejected: of(sums.rejected, minute)[0]?.count ?? 0,
        settled: byDestination(of(sums.settled, minute)),
        orders: {
          count: came?.count ?? 0,
          unbalanced: came?.unbalanced ?? 0,
          open: came?.open ?? [],
          final: byDestination(of(orders.final, minute)),
        },
      }
      return [minute.getTime(), counts] as const
    }),
  )
}

interface StateCount {
  readonly destination: string
  readonly state: string
  readonly count: number
}

function byDestination(rows: readonly StateCount[]): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {}
  for (const { destination, state, count } of rows)
    counts[destination] = { ...counts[destination], [state]: count }
  return counts
}

async function keepCounts(
  database: Database,
  environment: string,
  begun: readonly BegunMinute[],
  counts: ReadonlyMap<number, MinuteCounts>,
  nowMs: number,
): Promise<void> {
  await inTransaction(database, (client) =>
    client.query(
      `update minute_tallies t set counts = x.counts::json, recount_at = x.recount_at
       from unnest($2::timestamptz[], $3::integer[], $4::text[], $5::timestamptz[]) as x (minute, version, counts, recount_at)
       where t.environment = $1 and t.minute = x.minute and t.version = x.version`,
      [
        environment,
        begun.map(({ minute }) => minute),
        begun.map(({ version }) => version),
        begun.map(({ minute }) => JSON.stringify(counts.get(minute.getTime()))),
        begun.map(({ minute }) => recountAt(minute, counts.get(minute.getTime()), nowMs)),
      ],
    ),
  )
}

// Once more for what came late; then, as long as orders are open, more and more rarely: only the list of them grows short.
function recountAt(minute: Date, counts: MinuteCounts | undefined, nowMs: number): Date | null {
  const ageMs = nowMs - minute.getTime()
  if (ageMs < RECOUNTED_AFTER_MS) return new Date(minute.getTime() + RECOUNTED_AFTER_MS)
  return counts && counts.orders.open.length > 0 ? new Date(nowMs + ageMs / 2) : null
}

const SWEEP_MS = 20_000

export interface TallyOptions {
  readonly database: Database
  readonly environments: readonly string[]
  readonly log: (level: 'info' | 'error', message: string) => void
}

/** Counts what is over, until `signal` aborts. What fails is told and made up for by the next sweep. */
export async function runTallies(options: TallyOptions, signal: AbortSignal): Promise<void> {
  const { database, environments, log } = options
  while (!signal.aborted) {
    for (const environment of environments) {
      await sweep(database, environment, signal).catch((error: unknown) =>
        log('error', `minutes of ${environment} cannot be counted now: ${messageOf(error)}`),
      )
    }
    await sleep(database.clock, SWEEP_MS, signal)
  }
}

async function sweep(database: Database, environment: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await tallyMinutes(database, environment)) === AT_ONCE);
  await database.pool.query('delete from minute_tallies where environment = $1 and minute < $2', [
    environment,
    new Date(database.clock.now() - KEPT_MS),
  ])
}
