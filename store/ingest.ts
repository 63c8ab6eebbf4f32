// Takes a verified batch in: one transaction, a handful of set-based statements, durable when it returns.
import type { PoolClient } from 'pg'
import type { BatchResult } from '../core/batch.ts'
import { messageOf } from '../core/errors.ts'
import { recordConsents } from './consents.ts'
import { type Database, inTransaction, isDataFault } from './database.ts'
import type { Prepared, PreparedMessage } from './entries.ts'
import { type Arrival, markDuplicates, recordRejections, storeFacts } from './facts.ts'
import { resolveProfiles } from './identities.ts'
import { recordTallies } from './mapping-tallies.ts'
import { type AudienceOptions, membershipNews, recordMemberships } from './memberships.ts'
import type { Occasion } from './occasion.ts'
import { recordTraits } from './traits.ts'
import { recordViolations } from './violations.ts'

export interface IngestOptions {
  readonly environment: string
  /** Names of the destinations that get a ledger row for every accepted event. */
  readonly destinations: readonly string[]
  readonly audiences: AudienceOptions
  /** Called when all is written and about to be committed; again, if the transaction has to start over. */
  readonly onWritten?: () => void
}

/**
 * Stores batches together and answers each by position. Repeats of a message get its first answer; a second message for
 * one fact is stored and named `duplicate` with the first one's event id.
 * @throws TrackLayerError UNAVAILABLE when nothing could be made durable
 */
export async function ingest(
  database: Database,
  batches: readonly (readonly Prepared[])[],
  options: IngestOptions,
): Promise<BatchResult[][]> {
  const prepared = batches.flat()
  const results = await storePrepared(database, prepared, options).catch((error: unknown) => {
    if (!isDataFault(error)) throw error
    // Something there is what PostgreSQL cannot hold. Each entry is taken alone, so that its neighbours pass.
    return storeOneByOne(database, prepared, options)
  })
  let end = 0
  return batches.map(({ length }) => {
    end += length
    return results.slice(end - length, end)
  })
}

async function storeOneByOne(
  database: Database,
  prepared: readonly Prepared[],
  options: IngestOptions,
): Promise<BatchResult[]> {
  const results: BatchResult[] = []
  for (const item of prepared) {
    const alone = await storePrepared(database, [item], options).catch((error: unknown) => {
      if (!isDataFault(error)) throw error
      const { messageId } = item
      const raw = item.raw.toString()
      const reason = `message cannot be stored: ${messageOf(error)}`
      return storePrepared(database, [{ kind: 'rejection', messageId, reason, raw }], options)
    })
    results.push(...alone)
  }
  return results
}

async function storePrepared(
  database: Database,
  prepared: readonly Prepared[],
  { environment, destinations, audiences, onWritten = () => {} }: IngestOptions,
): Promise<BatchResult[]> {
  const messages = prepared.filter((item) => item.kind !== 'rejection')
  const rejections = prepared.filter((item) => item.kind === 'rejection')
  const occasion = { environment, receivedAt: new Date(database.clock.now()) }
  const answers = await inTransaction(database, async (client) => {
    await recordRejections(client, occasion, rejections)
    const stored = await storeMessages(client, occasion, messages, { destinations, audiences })
    onWritten()
    return stored
  })
  return prepared.map((item) => answerOf(item, answers))
}

function answerOf(item: Prepared, answers: ReadonlyMap<string, BatchResult>): BatchResult {
  const { messageId } = item
  if (item.kind === 'rejection') {
    return { message_id: messageId, status: 400, outcome: 'rejected', reason: item.reason }
  }
  const answer = answers.get(messageId)
  if (!answer) throw new Error(`Message "${messageId}" was stored without an answer`)
  return answer
}

async function storeMessages(
  client: PoolClient,
  occasion: Occasion,
  messages: readonly PreparedMessage[],
  { destinations, audiences }: Pick<IngestOptions, 'destinations' | 'audiences'>,
): Promise<Map<string, BatchResult>> {
  if (messages.length === 0) return new Map()
  const arrivals = arrivalsOf(messages)
  const unique = arrivals.map(({ message }) => message)
  const { profiles, own, moved, merged, created } = await resolveProfiles(client, occasion, unique)
  const stored = await storeFacts(client, occasion, arrivals, own, destinations)
  // A repeat states nothing anew: without an instant of its own it would win over what was stated since.
  const statedBy = (people: readonly (string | null)[]) =>
    unique.map(({ messageId }, at) => (stored.get(messageId)?.isNew ? (people[at] ?? null) : null))
  const stating = statedBy(profiles)
  const fresh = unique.filter(({ messageId }) => stored.get(messageId)?.isNew)
  const repeated = fresh.filter(
    ({ messageId, event }) => event !== null && !stored.get(messageId)?.isFact,
  )
  // One after the other, in one round trip; the counters, which others wait for, last.
  const [consenting, duplicates] = await Promise.all([
    recordConsents(client, occasion, unique, stating, created),
    markDuplicates(client, occasion, repeated),
    recordTraits(client, occasion, unique, statedBy(own)),
    recordViolations(client, occasion, fresh),
    recordTallies(client, occasion, fresh),
  ])
  const isTold = audiences.table.rules.some(({ destinations: to }) => to.length > 0)
  const consents = isTold ? { consenting, merged } : { consenting: [], merged: [] }
  const news = membershipNews(unique, { stating, own }, stored, { moved, ...consents })
  if (news) await recordMemberships(client, occasion, news, audiences)
  return new Map([...stored].map(([id, { answer }]) => [id, duplicates.get(id) ?? answer]))
}

// The same message twice is stored once and answered twice. Sorted by key, so that two transactions with the same
// messages never wait for each other in a circle.
function arrivalsOf(messages: readonly PreparedMessage[]): Arrival[] {
  const arrivals = new Map<string, Arrival & { receipts: number }>()
  messages.forEach((message, place) => {
    const known = arrivals.get(message.messageId)
    if (known) known.receipts++
    else arrivals.set(message.messageId, { message, place, receipts: 1 })
  })
  return [...arrivals.values()].sort((a, b) => (a.message.messageId < b.message.messageId ? -1 : 1))
}
