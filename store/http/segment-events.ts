// POST /segment/events: the door through which everything comes in. A 200 means durable.
import type { Context } from 'hono'
import { MAX_BATCH_ENTRIES } from '../../core/batch.ts'
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { ingest } from '../ingest.ts'
import type { StoreOptions } from './app.ts'
import { errorAnswer, tryAgainAnswer } from './errors.ts'
import { verifyRequest } from './verify-request.ts'

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
  const contentType = context.req.header('content-type') ?? 'none'
  if (!/^application\/json\s*(;|$)/i.test(contentType)) {
    return errorAnswer(
      context,
      415,
      'unsupported_media_type',
      `Content-Type is ${contentType}, want application/json`,
    )
  }
  const body = Buffer.from(await context.req.arrayBuffer())
  const verdict = verifyRequest(
    options.access,
    (name) => context.req.header(name),
    body,
    options.database.clock.now(),
  )
  if (verdict.kind === 'refused') {
    options.log('warn', `refused POST /segment/events: ${verdict.log}`)
    return errorAnswer(context, 401, 'unauthorized', verdict.message)
  }
  const entries = parseBatch(body.toString('utf8'))
  if (typeof entries === 'string') return errorAnswer(context, 400, entries, BODY_FAULTS[entries])
  if (entries.length > MAX_BATCH_ENTRIES) {
    const message = `Batch has ${entries.length} entries, at most ${MAX_BATCH_ENTRIES} are taken; split it`
    return errorAnswer(context, 413, 'too_many_entries', message)
  }
  return { environment: verdict.environment, entries }
}

const BODY_FAULTS = {
  invalid_json: 'Body is not JSON',
  invalid_batch:
    'Body is not of the form { "batch": [ { "message", "kind", "canonical", "warnings" } ] }',
} as const

function parseBatch(text: string): unknown[] | keyof typeof BODY_FAULTS {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return 'invalid_json' // answered, not swallowed
  }
  return isJsonObject(body) && Array.isArray(body.batch) ? body.batch : 'invalid_batch'
}

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
