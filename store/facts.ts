// Messages, events and ledger rows of a batch: one statement, so that all three are there or none.
import type { PoolClient } from 'pg'
import type { BatchResult } from '../core/batch.ts'
import { TransactionRaced } from './database.ts'
import type { PreparedMessage, Rejection } from './entries.ts'
import type { Occasion } from './occasion.ts'

/** A message of one transaction: its first place in order of arrival, and how often it came. */
export interface Arrival {
  readonly message: PreparedMessage
  readonly place: number
  readonly receipts: number
}

export interface StoredMessage {
  /** False for a message that was stored before: it keeps its first answer. */
  readonly isNew: boolean
  /** True when its event is new too: both unique indexes decide, whoever else is writing. */
  readonly isFact: boolean
  readonly answer: BatchResult
}

interface FactRow {
  message_id: string
  is_new: boolean
  is_fact: boolean
  outcome: 'accepted' | 'duplicate' | 'unmapped'
  event_id: string | null
}

// xmax is 0 only for a row this statement inserted. Rows are written in the order of their keys, so that concurrent
// batches take the unique indexes in one order; of two messages for one fact the first in the batch wins.
const STORE_FACTS = `
  with entry as materialized (
    select message_id, kind, event_id, profile_id, receipts, warnings, name, dedup_key, occurred_at, raw, canonical, place,
           order_id
    from unnest($4::text[], $5::text[], $6::text[], $7::bigint[], $8::integer[], $9::text[], $10::text[], $11::text[],
                $12::timestamptz[], string_to_array($13, e'\\n'), string_to_array($14, e'\\n'), $15::integer[],
                $22::text[])
      as t (message_id, kind, event_id, profile_id, receipts, warnings, name, dedup_key, occurred_at, raw, canonical,
            place, order_id)
  ), stored as (
    insert into messages
      (environment, message_id, kind, outcome, event_id, profile_id, receipts, received_at, warnings, raw)
    select $1, message_id, kind, case kind when 'unmapped' then 'unmapped' else 'accepted' end, event_id, profile_id,
           receipts, $2, warnings::jsonb, raw
    from entry order by message_id
    on conflict (environment, message_id) do update set receipts = messages.receipts + excluded.receipts
    returning message_id, xmax = 0 as is_new, outcome, event_id
  ), fact as (
    insert into events
      (environment, name, event_id, dedup_key, message_id, profile_id, occurred_at, received_at, owed, order_id,
       canonical)
    select $1, entry.name, entry.event_id, entry.dedup_key, entry.message_id, entry.profile_id, entry.occurred_at, $2,
           cardinality($3::text[]), entry.order_id, entry.canonical
    from entry join stored using (message_id)
    where stored.is_new and entry.name is not null
    order by entry.name, entry.dedup_key, case when entry.dedup_key is null then entry.event_id end, entry.place
    on conflict do nothing
    returning id, message_id
  ), ledger as (
    insert into deliveries (environment, destination, event_id, due_at)
    select $1, destination, fact.id, $2 from fact cross join unnest($3::text[]) as d (destination)
  ), worth as (
    insert into conversions (environment, event_id, name, kind, of_name, of_key, profile_id, happened_at, value, currency)
    select $1, fact.id, entry.name, t.kind, t.of_name, t.of_key, entry.profile_id, coalesce(entry.occurred_at, $2),
           t.value, t.currency
    from unnest($16::text[], $17::text[], $18::text[], $19::text[], $20::numeric[], $21::text[])
      as t (message_id, kind, of_name, of_key, value, currency)
    join fact using (message_id) join entry using (message_id)
  )
  select stored.*, fact.id is not null as is_fact from stored left join fact using (message_id)`

/** @param arrivals each message id once, sorted by it */
export async function storeFacts(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  arrivals: readonly Arrival[],
  profiles: readonly (string | null)[],
  destinations: readonly string[],
): Promise<Map<string, StoredMessage>> {
  const messages = arrivals.map(({ message }) => message)
  const outcomes = messages.flatMap(({ messageId, event }) =>
    event?.outcome ? [{ messageId, ...event.outcome }] : [],
  )
  const { rows } = await client.query<FactRow>({
    name: 'store-facts',
    text: STORE_FACTS,
    values: [
      environment,
      receivedAt,
      destinations,
      messages.map(({ messageId }) => messageId),
      messages.map(({ kind }) => kind),
      messages.map(({ event }) => event?.eventId ?? null),
      profiles,
      arrivals.map(({ receipts }) => receipts),
      messages.map(({ warnings }) => (warnings.length > 0 ? JSON.stringify(warnings) : null)),
      messages.map(({ event }) => event?.name ?? null),
      messages.map(({ event }) => event?.dedupKey ?? null),
      messages.map(({ event }) => event?.occurredAt ?? null),
      inLines(messages.map(({ raw }) => raw)),
      inLines(messages.map(({ canonical }) => canonical)),
      arrivals.map(({ place }) => place),
      outcomes.map(({ messageId }) => messageId),
      outcomes.map(({ kind }) => kind),
      outcomes.map(({ ofName }) => ofName),
      outcomes.map(({ ofKey }) => ofKey),
      outcomes.map(({ value }) => value),
      outcomes.map(({ currency }) => currency),
      messages.map(({ event }) => event?.orderId ?? null),
    ],
  })
  return new Map(rows.map((row) => [row.message_id, storedMessage(row)]))
}

const LINE_END = 10

// JSON text has no line break of its own: joined so, it travels without the escapes of an array literal, and as bytes.
function inLines(texts: readonly Buffer[]): Buffer {
  const lines = Buffer.allocUnsafe(texts.reduce((length, text) => length + text.length + 1, 0))
  let end = 0
  for (const text of texts) {
    end += text.copy(lines, end)
    end = lines.writeUInt8(LINE_END, end)
  }
  return lines.subarray(0, -1)
}

function storedMessage({ message_id, is_new, is_fact, outcome, event_id }: FactRow): StoredMessage {
  const event = event_id === null ? {} : { event_id }
  return { isNew: is_new, isFact: is_fact, answer: { message_id, status: 200, outcome, ...event } }
}

/** Names each message a duplicate of the fact that was there first. */
export async function markDuplicates(
  client: PoolClient,
  { environment }: Occasion,
  messages: readonly PreparedMessage[],
): Promise<Map<string, BatchResult>> {
  if (messages.length === 0) return new Map()
  const { rows } = await client.query<{ message_id: string; event_id: string }>({
    name: 'mark-duplicates',
    text: `update messages m set outcome = 'duplicate', event_id = first.event_id
           from (
             select t.message_id, (
               select (array_agg(e.event_id order by e.id))[1] from events e
               where e.environment = $1 and e.name = t.name
                 and (e.dedup_key = t.dedup_key or e.event_id = t.event_id)
             ) as event_id
             from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as t (message_id, name, dedup_key, event_id)
           ) first
           where m.environment = $1 and m.message_id = first.message_id and first.event_id is not null
           returning m.message_id, m.event_id`,
    values: [
      environment,
      messages.map(({ messageId }) => messageId),
      messages.map(({ event }) => event?.name),
      messages.map(({ event }) => event?.dedupKey),
      messages.map(({ event }) => event?.eventId),
    ],
  })
  if (rows.length !== messages.length) {
    throw new TransactionRaced('the first event of a duplicate went away')
  }
  return new Map(
    rows.map(({ message_id, event_id }) => [
      message_id,
      { message_id, status: 200, outcome: 'duplicate', event_id } as const,
    ]),
  )
}

/** Keeps what can never be accepted, with the reason. */
export async function recordRejections(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  rejections: readonly Rejection[],
): Promise<void> {
  if (rejections.length === 0) return
  await client.query({
    name: 'record-rejections',
    text: `insert into rejections (environment, message_id, reason, received_at, raw)
           select $1, message_id, reason, $2, raw
           from unnest($3::text[], $4::text[], $5::text[]) as t (message_id, reason, raw)`,
    values: [
      environment,
      receivedAt,
      rejections.map(({ messageId }) => messageId),
      rejections.map(({ reason }) => reason),
      rejections.map(({ raw }) => raw),
    ],
  })
}
