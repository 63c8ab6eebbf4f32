// How long people wait for a page over as many rows as a large shop has, and how a large audience is taken in. That a page
// reads no more than it must is for the long tests (test/support/rows-read.ts); how long that takes is told here.
import pg from 'pg'
import { SESSION_COOKIE } from '../console/cookies.ts'
import { tallyMinutes } from '../store/minute-tallies.ts'
import { ENVIRONMENT } from './canonicalise.ts'
import { AUDIENCE_PAGES, fillAudience } from './data-sets/audience.ts'
import { CONSENT_PAGES, fillConsents } from './data-sets/consent.ts'
import { fillMessages, messagePages, SUM_PAGES } from './data-sets/messages.ts'
import { fillOutcomes, OUTCOME_PAGES } from './data-sets/outcomes.ts'
import { enterAudience } from './entering.ts'
import { pinTo } from './machine.ts'
import { compare, type Spread } from './measure.ts'
import { exactly, type PartOptions, type PartResult, type Row } from './result.ts'
import { clock, type RunningStore, withStore } from './store-process.ts'

const CORES = '0,1'
const ROUNDS = 5
const API_KEY = 'bench-key-0000000001'

/** As browsers get them: rendered, from several answers of the API. */
const CONSOLE_PAGES = {
  'console: overview': '/',
  'console: overview of a day': '/?window=24h',
  'console: events': '/events',
  'console: events by name': '/events?name=purchase',
  'console: destinations': '/destinations',
  'console: one destination': '/destinations/webhook',
  'console: dead letters': '/dead-letters',
  'console: a new replay': '/replays/new?destination=webhook',
  'console: audiences': '/audiences',
  'console: profiles': '/profiles',
  'console: settings': '/settings',
} as const
const CONSOLE_MOST_MS = 200

interface DataSet {
  readonly name: string
  readonly size: string
  /** The largest table under the pages: what they take is compared with counting it. */
  readonly table: string
  readonly fill: (pool: pg.Pool, nowMs: number) => Promise<void>
  /** What a process that delivers does beside the store. */
  readonly settle?: (pool: pg.Pool) => Promise<void>
  readonly pages: (nowMs: number) => Readonly<Record<string, string>>
  /** Read once more, before the others: nothing has been counted yet, and the planner knows nothing of the tables. */
  readonly first?: string
  readonly mostMs: number
  /** By the name of a page. */
  readonly otherMostMs?: Readonly<Record<string, number>>
}

const SETS: readonly DataSet[] = [
  {
    name: 'audience',
    size: '300,000 members, 750,000 transitions',
    table: 'membership_transitions',
    fill: (pool, nowMs) => fillAudience(pool, { members: 300_000, nowMs }),
    pages: () => AUDIENCE_PAGES,
    first: 'sizes',
    mostMs: 2_000,
  },
  {
    name: 'messages',
    size: '1,000,000 messages, 1,000,000 deliveries',
    table: 'messages',
    fill: (pool, nowMs) => fillMessages(pool, { messages: 1_000_000, nowMs }),
    settle: async (pool) => {
      while ((await tallyMinutes({ pool, clock, random: Math.random }, ENVIRONMENT)) > 0);
    },
    pages: (nowMs) => ({
      ...messagePages({ messages: 1_000_000, nowMs }),
      ...SUM_PAGES,
      ...CONSOLE_PAGES,
    }),
    mostMs: 300,
    otherMostMs: Object.fromEntries(
      Object.keys(CONSOLE_PAGES).map((name) => [name, CONSOLE_MOST_MS]),
    ),
  },
  {
    name: 'consent',
    size: '1,000,000 deliveries, 50,000 held',
    table: 'deliveries',
    fill: (pool, nowMs) => fillConsents(pool, { events: 250_000, nowMs }),
    pages: () => CONSENT_PAGES,
    mostMs: 300,
    otherMostMs: {
      'counts of an hour': 1_000,
      'counts of a day': 2_000,
      'counts of a week': 5_000,
    },
  },
  {
    name: 'outcomes',
    size: '500,000 events, 110,000 conversions, 50,000 members',
    table: 'events',
    fill: (pool) => fillOutcomes(pool, { events: 500_000 }),
    pages: () => OUTCOME_PAGES,
    first: 'all time',
    mostMs: 15_000,
  },
]

export async function benchPages({ progress }: PartOptions): Promise<PartResult> {
  const unpin = pinTo(CORES)
  const rows: Row[] = []
  try {
    for (const set of SETS) {
      progress(`pages: ${set.name}, ${set.size}`)
      rows.push(...(await withStore(variables, (store) => timePages(set, store))))
    }
    rows.push(...(await withStore({}, (store) => enterAudience(store, progress))))
  } finally {
    unpin?.()
  }
  return {
    name: 'pages',
    title: 'Pages: over HTTP, beside counting the largest table under them',
    rows,
    notes: [
      unpin
        ? `store, PostgreSQL and the reader together on cores ${CORES}`
        : 'not pinned to cores: there is no taskset here',
      ...SETS.map(({ name, size }) => `${name}: ${size}`),
      'first look: once, before PostgreSQL has analyzed the tables',
    ],
  }
}

const variables = { TRACKLAYER_API_KEY_PRODUCTION: API_KEY }

async function timePages(set: DataSet, { url, postgres }: RunningStore): Promise<Row[]> {
  const pool = new pg.Pool({ ...postgres.connection, max: 1 })
  try {
    const nowMs = clock.now()
    await set.fill(pool, nowMs)
    const paths = set.pages(nowMs)
    const pages = Object.entries(paths).map(([name, path]) => ({
      name,
      prepare: () => {},
      run: () => read(url + path),
    }))
    const first = pages.find(({ name }) => name === set.first)
    const rows = first ? [await firstLook(set, first)] : []
    await pool.query('vacuum analyze')
    await set.settle?.(pool)
    const count = `select count(*) from ${set.table}`
    const baseline = { name: count, prepare: () => {}, run: () => pool.query(count) }
    const compared = await compare([baseline, ...pages], {
      rounds: ROUNDS,
      warmUpRounds: 1,
      runsPerRound: 1,
      eventsPerRun: 1,
    })
    for (const { name, time, ratio } of compared) {
      const value = inMs(time)
      if (name === count) rows.push({ what: `${set.name}: ${count}`, value, unit: 'ms' })
      else rows.push({ ...rowOf(set, name, value), ratio })
    }
    return rows
  } finally {
    await pool.end()
  }
}

async function firstLook(
  set: DataSet,
  { name, run }: { readonly name: string; readonly run: () => Promise<void> },
): Promise<Row> {
  const started = performance.now()
  await run()
  const row = rowOf(set, name, exactly(performance.now() - started))
  return { ...row, what: `${row.what}, first look` }
}

function rowOf({ name, mostMs, otherMostMs = {} }: DataSet, page: string, value: Spread): Row {
  const most = otherMostMs[page] ?? mostMs
  const want = `≤ ${most.toLocaleString('en-US')} ms`
  const mark = { want, isMet: value.median <= most }
  return { what: `${name}: ${page}`, value, unit: 'ms', mark }
}

// What is compared is timed in microseconds.
function inMs({ median, min, max }: Spread): Spread {
  return { median: median / 1000, min: min / 1000, max: max / 1000 }
}

// The console passes its cookie on as a bearer key. A redirect would lead to the page where one signs in.
const headers = { Authorization: `Bearer ${API_KEY}`, Cookie: `${SESSION_COOKIE}=${API_KEY}` }

async function read(url: string): Promise<void> {
  const answer = await fetch(url, { headers, redirect: 'manual' })
  const body = await answer.text()
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${body}`)
}
