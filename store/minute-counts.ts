// Counts what came and what settled between instants, straight from the tables: for minutes that are over once
// (minute-tallies.ts), for the latest ones at every look.
import type { PoolClient } from 'pg'
import type { DeliveryState } from './ledger.ts'

type Client = Pick<PoolClient, 'query'>

/** From `from` up to and without `to`. */
export interface Span {
  readonly from: Date
  readonly to: Date
}

/** Into what the counts are put: pieces of `slotMs` from `origin` on. */
export interface Slots {
  readonly origin: Date
  readonly slotMs: number
}

export interface SlotCount {
  readonly begins_at: Date
  readonly count: number
}
export type MessageCount = SlotCount & { readonly outcome: 'accepted' | 'duplicate' | 'unmapped' }
export type SettledCount = SlotCount & {
  readonly destination: string
  readonly state: DeliveryState
}

export interface SpanCounts {
  readonly messages: readonly MessageCount[]
  readonly rejected: readonly SlotCount[]
  readonly settled: readonly SettledCount[]
}

export async function countSpans(
  client: Client,
  environment: string,
  spans: readonly Span[],
  { origin, slotMs }: Slots,
): Promise<SpanCounts> {
  if (spans.length === 0) return { messages: [], rejected: [], settled: [] }
  const values = [environment, ...columnsOf(spans), origin, `${slotMs} milliseconds`]
  const ask = async <Row extends object>(text: string) =>
    (await client.query<Row>(text, values)).rows
  return {
    messages: await ask<MessageCount>(MESSAGES),
    rejected: await ask<SlotCount>(REJECTIONS),
    settled: await ask<SettledCount>(SETTLED),
  }
}

const columnsOf = (spans: readonly Span[]) => [
  spans.map(({ from }) => from),
  spans.map(({ to }) => to),
]

// date_bin counts in whole microseconds; epochs are of type numeric, which took six seconds for a million rows.
const SLOT = (column: string) => `date_bin($5::interval, ${column}, $4::timestamptz) as begins_at`
// From index to index, span by span: a join would read the whole table.
const IN_SPANS = (columns: string, table: string, at: string, where = '') => `
  from unnest($2::timestamptz[], $3::timestamptz[]) as span (from_at, to_at)
  cross join lateral (
    select ${columns} from ${table}
    where environment = $1 and ${at} >= span.from_at and ${at} < span.to_at ${where} offset 0
  ) t`

const MESSAGES = `
  select ${SLOT('t.received_at')}, t.outcome, count(*)::integer as count
  ${IN_SPANS('received_at, outcome', 'messages', 'received_at')} group by 1, 2`

const REJECTIONS = `
  select ${SLOT('t.received_at')}, count(*)::integer as count
  ${IN_SPANS('received_at', 'rejections', 'received_at')} group by 1`

const SETTLED = `
  select ${SLOT('t.settled_at')}, t.destination, t.state, count(*)::integer as count
  ${IN_SPANS('settled_at, destination, state', 'deliveries', 'settled_at', 'and settled_at is not null')}
  group by 1, 2, 3`

/** Purchases of one slot. An order is final while all its deliveries are delivered or filtered. */
export interface SlotOrders {
  readonly begins_at: Date
  readonly count: number
  readonly unbalanced: number
  /** Row ids of the events of orders that are not final. */
  readonly open: readonly string[]
}
export type FinalCount = SlotCount & {
  readonly destination: string
  readonly state: 'delivered' | 'filtered'
}

/** Of purchases that came in the spans: how many, which are open, and where the deliveries of the others stand. */
export async function countFinalOrders(
  client: Client,
  environment: string,
  spans: readonly Span[],
  { origin, slotMs }: Slots,
): Promise<{ readonly orders: readonly SlotOrders[]; readonly final: readonly FinalCount[] }> {
  const values = [environment, ...columnsOf(spans), origin, `${slotMs} milliseconds`]
  const orders = await client.query<SlotOrders>(
    `select ${SLOT('t.received_at')}, count(*)::integer as count,
            (count(*) filter (where ${IS_UNBALANCED}))::integer as unbalanced,
            coalesce(jsonb_agg(t.id::text) filter (where x.is_open), '[]') as open
     ${PURCHASES_IN_SPANS} ${IS_OPEN} group by 1`,
    values,
  )
  const final = await client.query<FinalCount>(
    `select ${SLOT('t.received_at')}, d.destination, d.state, count(*)::integer as count
     ${PURCHASES_IN_SPANS} ${IS_OPEN} ${THEIR_DELIVERIES} where not x.is_open group by 1, 2, 3`,
    values,
  )
  return { orders: orders.rows, final: final.rows }
}

const PURCHASES_IN_SPANS = IN_SPANS(
  'id, received_at, owed',
  'events',
  'received_at',
  "and name = 'purchase'",
)
const IS_UNBALANCED = 't.owed <> (select count(*) from deliveries where event_id = t.id)'
const IS_OPEN = `
  cross join lateral (
    select exists (
      select from deliveries where event_id = t.id and (state || '') not in ('delivered', 'filtered')
    ) as is_open
  ) x`
const THEIR_DELIVERIES = `
  cross join lateral (select destination, state from deliveries where event_id = t.id offset 0) d`

export interface OrderCount {
  readonly destination: string
  readonly state: DeliveryState
  readonly count: number
}

/** Where the deliveries of these orders stand now: of the events named, and of purchases that came in the spans. */
export async function countOrders(
  client: Client,
  environment: string,
  events: readonly string[],
  spans: readonly Span[],
): Promise<readonly OrderCount[]> {
  const { rows } = await client.query<OrderCount>(
    `select d.destination, d.state, count(*)::integer as count
     from (
       select t.id ${PURCHASES_IN_SPANS} union all select unnest($4::bigint[])
     ) t ${THEIR_DELIVERIES} group by 1, 2`,
    [environment, ...columnsOf(spans), events],
  )
  return rows
}

export interface Purchases {
  readonly count: number
  /** Of them, those with fewer or more rows in the ledger than they are owed. */
  readonly unbalanced: number
}

/** The purchases that came in the spans. */
export async function countPurchases(
  client: Client,
  environment: string,
  spans: readonly Span[],
): Promise<Purchases> {
  const { rows } = await client.query<Purchases>(
    `select count(*)::integer as count, (count(*) filter (where ${IS_UNBALANCED}))::integer as unbalanced
     ${PURCHASES_IN_SPANS}`,
    [environment, ...columnsOf(spans)],
  )
  return rows[0] ?? { count: 0, unbalanced: 0 }
}
