// POST /segment/events: the door through which everything comes in. A 200 means durable.
import type { Context } from 'hono'
import { MAX_BATCH_ENTRIES } from '../../core/batch.ts'
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { ingest } from '../ingest.ts'
import type { StoreOptions } from './app.ts'
import { errorAnswer, tryAgainAnswer } from './errors.ts'
import { readSignedBody } from './signed-body.ts'

/** Batches in the hands of one process at once; more would only wait for connections and memory. */
const MAX_IN_FLIGHT = 64

export function createSegmentEvents(
  options: StoreOptions,
): (context: Context) => Promise<Response> {
  let inFlight = 0
  return async (context) => {
    const batch = await readBatch(context, options)
    if (!('entries' in batch)) return batch
    // A ping: whoever sets up a sender learns that the signature holds, and nothing is asked of the database.
    if (batch.entries.length === 0) return context.json({ results: [] })
    // Counted from here: a sender that is slow, or none of ours, takes nobody's place.
    if (inFlight >= MAX_IN_FLIGHT) {
      return tryAgainAnswer(
        context,
        429,
        'overloaded',
        `${MAX_IN_FLIGHT} batches are being stored; send again`,
        1,
      )
    }
    inFlight++
    try {
      return await storeBatch(context, options, batch)
    } finally {
      inFlight--
    }
  }
}

interface VerifiedBatch {
  readonly environment: string
  readonly entries: readonly unknown[]
}

async function readBatch(
  context: Context,
  options: StoreOptions,
): Promise<VerifiedBatch | Response> {
  const signed = await readSignedBody(context, options)
  if (signed instanceof Response) return signed
  const { environment, body } = signed
  const entries = isJsonObject(body) ? body.batch : null
  if (!Array.isArray(entries)) return errorAnswer(context, 400, 'invalid_batch', INVALID_BATCH)
  if (entries.length > MAX_BATCH_ENTRIES) {
    const message = `Batch has ${entries.length} entries, at most ${MAX_BATCH_ENTRIES} are taken; split it`
    return errorAnswer(context, 413, 'too_many_entries', message)
  }
  return { environment, entries }
}

const INVALID_BATCH =
  'Body is not of the form { "batch": [ { "message", "kind", "canonical", "warnings" } ] }'

async function storeBatch(
  context: Context,
  { database, table, destinationsOf, log }: StoreOptions,
  { environment, entries }: VerifiedBatch,
): Promise<Response> {
  try {
    const destinations = destinationsOf(environment)
    const results = await ingest(database, entries, { environment, table, destinations })
    return context.json({ results })
  } catch (error) {
    if (!(error instanceof TrackLayerError) || error.code !== 'UNAVAILABLE') throw error
    log(
      'error',
      `cannot store a batch of ${entries.length} for ${environment}: ${messageOf(error)}`,
    )
    return tryAgainAnswer(context, 503, 'unavailable', 'The store cannot write now; send again', 5)
  }
}
