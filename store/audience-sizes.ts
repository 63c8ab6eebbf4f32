// How large audiences were, and whether one was emptied. Hours that are over are counted once and kept (membership_tallies);
// what came since is counted by index. Sizes are reckoned back from the members there are now.
import type { Pool } from 'pg'
import { type AudienceTable, audienceName } from '../core/audience-table.ts'
import { type Database, translated } from './database.ts'
import { ruleOfRow } from './membership-settling.ts'

const HOUR_MS = 3_600_000

export const SIZE_WINDOWS = {
  '24h': { bucketMs: HOUR_MS, buckets: 24 },
  '7d': { bucketMs: 6 * HOUR_MS, buckets: 28 },
  '30d': { bucketMs: 24 * HOUR_MS, buckets: 30 },
} as const
export type SizeWindow = keyof typeof SIZE_WINDOWS

export interface AudienceSizes {
  readonly id: string
  readonly identity: string
  /** Members now. */
  readonly members: number
  /** Members at the end of each bucket, the oldest first; who came and who went in it. */
  readonly sizes: readonly number[]
  readonly entered: readonly number[]
  readonly exited: readonly number[]
}

export interface SizesPage {
  readonly window: SizeWindow
  readonly since: string
  readonly until: string
  readonly bucket_ms: number
  readonly audiences: readonly AudienceSizes[]
}

export interface Loss {
  readonly id: string
  readonly identity: string
  readonly name: string | null
  /** Members before and after the hour in which they left. */
  readonly before: number
  readonly after: number
  /** End of that hour. */
  readonly at: string
}

interface Question {
  readonly environment: string
  readonly table: AudienceTable
}

/** @param identity of one audience; null for all of them @throws TrackLayerError UNAVAILABLE */
export async function readSizes(
  { pool, clock }: Pick<Database, 'pool' | 'clock'>,
  { environment, table }: Question,
  window: SizeWindow,
  identity: string | null,
): Promise<SizesPage> {
  const { bucketMs, buckets } = SIZE_WINDOWS[window]
  const nowMs = clock.now()
  const sinceMs = Math.ceil((nowMs + 1) / bucketMs) * bucketMs - buckets * bucketMs
  const audiences = await readNames(pool, environment, identity)
  const ids = audiences.map(({ row_id }) => row_id)
  const hours = await readHours(pool, { environment, ids, sinceMs, nowMs })
  const members = await countMembers(pool, environment, ids, null)
  return {
    window,
    since: new Date(sinceMs).toISOString(),
    until: new Date(nowMs).toISOString(),
    bucket_ms: bucketMs,
    audiences: audiences.map((audience) => {
      const now = members.get(audience.row_id) ?? 0
      const own = hours.filter(({ audience_id }) => audience_id === audience.row_id)
      const series = seriesOf(own, { sinceMs, bucketMs, buckets })
      return {
        id: audienceName(ruleOfRow(table, audience), audience.key, audience.identity),
        identity: audience.identity,
        members: now,
        sizes: sizesBefore(now, series),
        ...series,
      }
    }),
  }
}

interface Names {
  readonly row_id: string
  readonly identity: string
  readonly computation_id: string | null
  readonly key: string | null
  readonly name: string | null
}

async function readNames(
  pool: Pool,
  environment: string,
  identity: string | null,
): Promise<readonly Names[]> {
  return ask<Names>(
    pool,
    `select id::text as row_id, identity, computation_id, key, name from audiences
     where environment = $1 and ($2::text is null or identity = $2) order by key, identity`,
    [environment, identity],
  )
}

async function ask<Row extends object>(
  pool: Pool,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  try {
    return (await pool.query<Row>(text, [...values])).rows
  } catch (error) {
    throw translated(error)
  }
}

interface Hour {
  readonly audience_id: string
  readonly hour: Date
  readonly entered: number
  readonly exited: number
}

// A batch's transaction takes seconds: whatever bears an instant of an hour that ended so long ago is there.
const LAG_MS = 10 * 60_000

// Told anew is neither coming nor going.
const COUNTED = `
  date_bin('1 hour', logged_at, 'epoch') as hour,
  (count(*) filter (where direction = 'entered'))::integer as entered,
  (count(*) filter (where direction = 'exited'))::integer as exited`
const CHANGES = `environment = $1 and reason not in ('consent', 'repaired')`

async function readHours(
  pool: Pool,
  {
    environment,
    ids,
    sinceMs,
    nowMs,
  }: {
    readonly environment: string
    readonly ids: readonly string[]
    readonly sinceMs: number
    readonly nowMs: number
  },
): Promise<readonly Hour[]> {
  const overMs = Math.floor((nowMs - LAG_MS) / HOUR_MS) * HOUR_MS
  await ask(
    pool,
    `insert into membership_tallies (environment, audience_id, hour, entered, exited)
     select $1, audience.id, x.hour, x.entered, x.exited
     from unnest($2::bigint[]) as audience (id)
     left join lateral (
       select hour + interval '1 hour' as since from membership_tallies
       where environment = $1 and audience_id = audience.id order by hour desc limit 1) counted on true
     cross join lateral (
       select ${COUNTED} from membership_transitions
       where ${CHANGES} and audience_id = audience.id
         and logged_at >= coalesce(counted.since, '-infinity') and logged_at < $3
       group by 1) x
     on conflict do nothing`,
    [environment, ids, new Date(overMs)],
  )
  return ask<Hour>(
    pool,
    `select audience_id::text, hour, entered, exited from membership_tallies
     where environment = $1 and audience_id = any($2::bigint[]) and hour >= $4
     union all
     select audience.id::text, x.hour, x.entered, x.exited
     from unnest($2::bigint[]) as audience (id)
     cross join lateral (
       select ${COUNTED} from membership_transitions
       where ${CHANGES} and audience_id = audience.id and logged_at >= $3 group by 1) x`,
    [environment, ids, new Date(overMs), new Date(sinceMs)],
  )
}

/** @param most where it is enough to know that there are as many; by position of `ids` */
async function countMembers(
  pool: Pool,
  environment: string,
  ids: readonly string[],
  most: readonly number[] | null,
): Promise<Map<string, number>> {
  const rows = await ask<{ id: string; count: number }>(
    pool,
    `select audience.id::text, inside.count
     from unnest($2::bigint[], $3::integer[]) as audience (id, most)
     cross join lateral (
       select count(*)::integer as count from (
         select from memberships where environment = $1 and audience_id = audience.id and is_member
         limit audience.most) m
     ) inside`,
    [environment, ids, most ?? ids.map(() => null)],
  )
  return new Map(rows.map(({ id, count }) => [id, count]))
}

interface Series {
  readonly entered: readonly number[]
  readonly exited: readonly number[]
}

function seriesOf(
  hours: readonly Hour[],
  { sinceMs, bucketMs, buckets }: { sinceMs: number; bucketMs: number; buckets: number },
): Series {
  const entered = new Array<number>(buckets).fill(0)
  const exited = new Array<number>(buckets).fill(0)
  for (const each of hours) {
    const bucket = Math.floor((each.hour.getTime() - sinceMs) / bucketMs)
    if (bucket < 0 || bucket >= buckets) continue
    entered[bucket] = (entered[bucket] ?? 0) + each.entered
    exited[bucket] = (exited[bucket] ?? 0) + each.exited
  }
  return { entered, exited }
}

// Who was merged into another member is one less without having left: going back, that is off by a few.
function sizesBefore(now: number, { entered, exited }: Series): number[] {
  const sizes: number[] = []
  let size = now
  for (let at = entered.length - 1; at >= 0; at--) {
    sizes.unshift(Math.max(0, size))
    size -= (entered[at] ?? 0) - (exited[at] ?? 0)
  }
  return sizes
}

/** Fewer are not worth an alert: half of a handful leaves every day. */
const LEAST_LOST = 10
const WATCHED_HOURS = 24
const BIN_MS = 5 * 60_000

/** Audiences that lost more than half of their members within an hour of the last day. */
export async function readLosses(
  { pool, clock }: Pick<Database, 'pool' | 'clock'>,
  { environment, table }: Question,
  identity: string | null = null,
): Promise<Loss[]> {
  const nowMs = clock.now()
  const sinceMs = Math.ceil((nowMs + 1) / HOUR_MS) * HOUR_MS - WATCHED_HOURS * HOUR_MS
  const audiences = await readNames(pool, environment, identity)
  const ids = audiences.map(({ row_id }) => row_id)
  const hours = await readHours(pool, { environment, ids, sinceMs, nowMs })
  const suspects = audiences.filter(({ row_id }) =>
    hours.some(({ audience_id, exited }) => audience_id === row_id && exited >= LEAST_LOST / 2),
  )
  const losses = await Promise.all(
    suspects.map(async (audience): Promise<Loss[]> => {
      const found = await lossOf(pool, environment, audience.row_id, sinceMs)
      const { key, name } = audience
      const rule = ruleOfRow(table, audience)
      const id = audienceName(rule, key, audience.identity)
      return found ? [{ id, identity: audience.identity, name: rule?.name ?? name, ...found }] : []
    }),
  )
  return losses.flat()
}

// In steps of five minutes, so that an hour that begins at half past is one.
async function lossOf(
  pool: Pool,
  environment: string,
  audienceId: string,
  sinceMs: number,
): Promise<Pick<Loss, 'before' | 'after' | 'at'> | null> {
  const bins = await ask<{ begins_at: Date; net: number }>(
    pool,
    `select date_bin('5 minutes', logged_at, 'epoch') as begins_at,
            sum(case direction when 'entered' then 1 else -1 end)::integer as net
     from membership_transitions where ${CHANGES} and audience_id = $2 and logged_at >= $3 group by 1 order by 1`,
    [environment, audienceId, new Date(sinceMs)],
  )
  const members = await countMembers(pool, environment, [audienceId], null)
  return worstHour(
    bins.map(({ begins_at, net }) => ({ atMs: begins_at.getTime(), net })),
    members.get(audienceId) ?? 0,
  )
}

interface Bin {
  readonly atMs: number
  readonly net: number
}

/** The latest hour that took more than half; null when none did. @param bins the oldest first */
function worstHour(
  bins: readonly Bin[],
  now: number,
): Pick<Loss, 'before' | 'after' | 'at'> | null {
  let after = now
  for (let last = bins.length - 1; last >= 0; last--) {
    const end = bins[last] as Bin
    let before = after
    for (let first = last; first >= 0; first--) {
      const bin = bins[first] as Bin
      if (end.atMs - bin.atMs >= HOUR_MS) break
      before -= bin.net
      if (before - after >= LEAST_LOST && before > 2 * after)
        return { before, after, at: new Date(end.atMs + BIN_MS).toISOString() }
    }
    after -= end.net
  }
  return null
}
