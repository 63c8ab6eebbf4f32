// Takes a verified batch in: one transaction, a handful of set-based statements, durable when it returns.
import type { PoolClient } from 'pg'
import type { BatchResult } from '../core/batch.ts'
import { messageOf } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { MappingTable } from '../core/mapping-table.ts'
import { type Database, inTransaction, isDataFault, TransactionRaced } from './database.ts'
import { type PreparedMessage, prepareEntry, type Rejection } from './entries.ts'
import { linkContacts, type Occasion, recordTraits, resolveProfiles } from './identities.ts'
import { cleanJson } from './text.ts'

export interface IngestOptions {
  readonly environment: string
  readonly table: MappingTable
  /** Names of the destinations that get a ledger row for every accepted event. */
  readonly destinations: readonly string[]
}

/**
 * Answers by position. Repeats of a message get its first answer; a second message for one fact is stored and named
 * `duplicate` with the first one's event id.
 * @param entries the parsed `batch` list
 * @param text the JSON text of the body that holds them: PostgreSQL reads the messages out of it
 * @throws TrackLayerError UNAVAILABLE when nothing could be made durable
 */
export async function ingest(
  database: Database,
  entries: readonly unknown[],
  text: string,
  options: IngestOptions,
): Promise<BatchResult[]> {
  const prepared = entries.map((entry, index) => prepareEntry(entry, index + 1, options.table))
  const messages = prepared.filter(isMessage)
  const rejections = prepared.filter((item): item is Rejection => !isMessage(item))
  const occasion = { environment: options.environment, receivedAt: new Date(database.clock.now()) }
  try {
    const answers = await inTransaction(database, async (client) => {
      await recordRejections(client, occasion, rejections, entries)
      return store(client, occasion, messages, text, options.destinations)
    })
    return prepared.map((item) =>
      isMessage(item) ? answerOf(answers, item.messageId) : rejected(item),
    )
  } catch (error) {
    if (!isDataFault(error)) throw error
    return entries.length > 1
      ? isolate(database, entries, options)
      : ingestAlone(database, entries[0], options, error)
  }
}

function isMessage(item: PreparedMessage | Rejection): item is PreparedMessage {
  return !('reason' in item)
}

function rejected({ messageId, reason }: Rejection): BatchResult {
  return { message_id: messageId, status: 400, outcome: 'rejected', reason }
}

type Answers = ReadonlyMap<string, BatchResult>

function answerOf(answers: Answers, messageId: string): BatchResult {
  const answer = answers.get(messageId)
  if (!answer) throw new Error(`Message "${messageId}" was stored without an answer`)
  return answer
}

// Something in the batch is JSON that PostgreSQL cannot hold. Each entry is taken alone, so that its neighbours pass.
async function isolate(
  database: Database,
  entries: readonly unknown[],
  options: IngestOptions,
): Promise<BatchResult[]> {
  const results: BatchResult[] = []
  for (const entry of entries) {
    const [result] = await ingest(database, [entry], JSON.stringify({ batch: [entry] }), options)
    if (result) results.push(result)
  }
  return results
}

// Once more with NUL, lone surrogates and numbers beyond measure replaced; what still fails can never be stored.
async function ingestAlone(
  database: Database,
  entry: unknown,
  options: IngestOptions,
  fault: unknown,
): Promise<BatchResult[]> {
  const cleaned = cleanJson(entry as JsonObject) as JsonObject
  const text = JSON.stringify({ batch: [cleaned] })
  if (text !== JSON.stringify({ batch: [entry] })) return ingest(database, [cleaned], text, options)
  const reason = `message cannot be stored: ${messageOf(fault)}`
  const prepared = prepareEntry(entry, 1, options.table)
  const rejection = { place: 1, messageId: prepared.messageId, reason }
  const occasion = { environment: options.environment, receivedAt: new Date(database.clock.now()) }
  await inTransaction(database, (client) =>
    recordRejections(client, occasion, [rejection], [entry]),
  )
  return [rejected(rejection)]
}

async function store(
  client: PoolClient,
  occasion: Occasion,
  messages: readonly PreparedMessage[],
  text: string,
  destinations: readonly string[],
): Promise<Answers> {
  const unique = firstOfEach(messages)
  if (unique.length === 0) return new Map()
  const profiles = await resolveProfiles(client, occasion, unique)
  await linkContacts(client, occasion, unique, profiles)
  await recordTraits(client, occasion, unique, profiles)
  const receipts = countReceipts(messages)
  const stored = await insertMessages(client, occasion, unique, profiles, receipts, text)
  const fresh = unique.filter(({ messageId, event }) => event && stored.get(messageId)?.isNew)
  const won = await insertEvents(
    client,
    occasion,
    fresh,
    new Map(unique.map((m, at) => [m, profiles[at] ?? null])),
    text,
    destinations,
  )
  const lost = await markDuplicates(
    client,
    occasion,
    fresh.filter(({ messageId }) => !won.has(messageId)),
  )
  return new Map([...stored].map(([id, row]) => [id, lost.get(id) ?? row.answer]))
}

// The same message twice in one batch is stored once and answered twice.
function firstOfEach(messages: readonly PreparedMessage[]): PreparedMessage[] {
  const first = new Map<string, PreparedMessage>()
  for (const message of messages)
    if (!first.has(message.messageId)) first.set(message.messageId, message)
  // Sorted by key, so that two batches with the same messages never wait for each other in a circle.
  return [...first.values()].sort((a, b) => (a.messageId < b.messageId ? -1 : 1))
}

function countReceipts(messages: readonly PreparedMessage[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { messageId } of messages) counts.set(messageId, (counts.get(messageId) ?? 0) + 1)
  return counts
}

interface StoredMessage {
  readonly isNew: boolean
  readonly answer: BatchResult
}

async function insertMessages(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  messages: readonly PreparedMessage[],
  profiles: readonly (string | null)[],
  receipts: ReadonlyMap<string, number>,
  text: string,
): Promise<Map<string, StoredMessage>> {
  const { rows } = await client.query<{
    message_id: string
    is_new: boolean
    outcome: 'accepted' | 'duplicate' | 'unmapped'
    event_id: string | null
  }>({
    name: 'insert-messages',
    // xmax is 0 only for a row this statement inserted.
    text: `insert into messages
             (environment, message_id, kind, outcome, event_id, profile_id, receipts, received_at, warnings, raw)
           select $2, t.message_id, t.kind, case t.kind when 'unmapped' then 'unmapped' else 'accepted' end,
                  t.event_id, t.profile_id, t.receipts, $3, t.warnings::jsonb, entry.item -> 'message'
           from unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::integer[], $10::text[])
             as t (place, message_id, kind, event_id, profile_id, receipts, warnings)
           join json_array_elements($1::json -> 'batch') with ordinality as entry (item, place) using (place)
           order by t.message_id
           on conflict (environment, message_id) do update set receipts = messages.receipts + excluded.receipts
           returning message_id, xmax = 0 as is_new, outcome, event_id`,
    values: [
      text,
      environment,
      receivedAt,
      messages.map(({ place }) => place),
      messages.map(({ messageId }) => messageId),
      messages.map(({ kind }) => kind),
      messages.map(({ event }) => event?.eventId ?? null),
      profiles,
      messages.map(({ messageId }) => receipts.get(messageId)),
      messages.map(({ warnings }) => (warnings.length > 0 ? JSON.stringify(warnings) : null)),
    ],
  })
  return new Map(
    rows.map(({ message_id, is_new, outcome, event_id }) => [
      message_id,
      {
        isNew: is_new,
        answer: { message_id, status: 200, outcome, ...(event_id === null ? {} : { event_id }) },
      },
    ]),
  )
}

/** Ids of the messages whose event is new. Both unique indexes decide, whoever else is writing. */
async function insertEvents(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  messages: readonly PreparedMessage[],
  profiles: ReadonlyMap<PreparedMessage, string | null>,
  text: string,
  destinations: readonly string[],
): Promise<Set<string>> {
  if (messages.length === 0) return new Set()
  const sorted = [...messages].sort((a, b) => (dedupOrder(a) < dedupOrder(b) ? -1 : 1))
  const { rows } = await client.query<{ message_id: string }>({
    name: 'insert-events',
    text: `with fresh as (
             insert into events
               (environment, name, event_id, dedup_key, message_id, profile_id, occurred_at, received_at, canonical)
             select $2, t.name, t.event_id, t.dedup_key, t.message_id, t.profile_id, t.occurred_at, $3,
                    (entry.item -> 'canonical')::jsonb
             from unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::timestamptz[])
               with ordinality as t (place, name, event_id, dedup_key, message_id, profile_id, occurred_at, sequence)
             join json_array_elements($1::json -> 'batch') with ordinality as entry (item, place) using (place)
             order by t.sequence
             on conflict do nothing
             returning id, message_id
           ), ledger as (
             insert into deliveries (environment, destination, event_id, due_at)
             select $2, destination, fresh.id, $3 from fresh cross join unnest($11::text[]) as d (destination)
           )
           select message_id from fresh`,
    values: [
      text,
      environment,
      receivedAt,
      sorted.map(({ place }) => place),
      sorted.map(({ event }) => event?.name),
      sorted.map(({ event }) => event?.eventId),
      sorted.map(({ event }) => event?.dedupKey),
      sorted.map(({ messageId }) => messageId),
      sorted.map((message) => profiles.get(message)),
      sorted.map(({ event }) => event?.occurredAt),
      destinations,
    ],
  })
  return new Set(rows.map(({ message_id }) => message_id))
}

// By key first, so that concurrent batches take the unique indexes in one order; then by place: the first one wins.
function dedupOrder({ event, place }: PreparedMessage): string {
  return `${event?.name}\n${event?.dedupKey ?? ''}\n${event?.eventId}\n${String(place).padStart(4, '0')}`
}

async function markDuplicates(
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
  if (rows.length !== messages.length)
    throw new TransactionRaced('the first event of a duplicate went away')
  return new Map(
    rows.map(({ message_id, event_id }) => [
      message_id,
      { message_id, status: 200, outcome: 'duplicate', event_id } as const,
    ]),
  )
}

async function recordRejections(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  rejections: readonly Rejection[],
  entries: readonly unknown[],
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
      rejections.map(({ place }) => JSON.stringify(entries[place - 1] ?? null)),
    ],
  })
}
