// POST /segment/events: the door through which everything comes in, and POST /segment/audiences, which takes memberships
// alone. A 200 means durable.
import type { Context } from 'hono'
import { NO_AUDIENCES } from '../../core/audience-table.ts'
import { type BatchKind, MAX_BATCH_ENTRIES } from '../../core/batch.ts'
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { type Prepared, prepareEntry } from '../entries.ts'
import type { IngestOptions } from '../ingest.ts'
import { createIntake, type Intake } from '../intake.ts'
import type { StoreParts } from './app.ts'
import { errorAnswer, tryAgainAnswer } from './errors.ts'
import { readSignedBody, type SignedBody } from './signed-body.ts'

/** Batches in the hands of one process at once; more would only wait for connections and memory. */
const MAX_IN_FLIGHT = 64

/** Makes receivers that share one bound; `only` names the one kind of entry a receiver takes. */
export function createReceivers(
  options: StoreParts,
): (only?: BatchKind) => (context: Context) => Promise<Response> {
  const intake = createIntake({
    database: options.database,
    optionsOf: (environment) => ingestOptions(options, environment),
  })
  let inFlight = 0
  return (only) => async (context) => {
    const batch = await readSignedBody(context, options, (body) => {
      const entries = readEntries(context, body, only)
      if (entries instanceof Response) return entries
      // Counted from here: a sender that is slow, or none of ours, takes nobody's place.
      if (inFlight >= MAX_IN_FLIGHT && entries.length > 0) {
        const message = `${MAX_IN_FLIGHT} batches are being stored; send again`
        return tryAgainAnswer(context, 429, 'overloaded', message, 1)
      }
      return entries.map((entry) => prepareEntry(entry, options.table))
    })
    if (batch instanceof Response) return batch
    // A ping: whoever sets up a sender learns that the signature holds, and nothing is asked of the database.
    if (batch.content.length === 0) return context.json({ results: [] })
    inFlight++
    try {
      return await storeBatch(context, options, intake, batch)
    } finally {
      inFlight--
    }
  }
}

function readEntries(
  context: Context,
  body: unknown,
  only: BatchKind | undefined,
): readonly unknown[] | Response {
  const entries = isJsonObject(body) ? body.batch : null
  if (!Array.isArray(entries)) return errorAnswer(context, 400, 'invalid_batch', INVALID_BATCH)
  if (entries.length > MAX_BATCH_ENTRIES) {
    const message = `Batch has ${entries.length} entries, at most ${MAX_BATCH_ENTRIES} are taken; split it`
    return errorAnswer(context, 413, 'too_many_entries', message)
  }
  const other = only
    ? entries.findIndex((entry) => !isJsonObject(entry) || entry.kind !== only)
    : -1
  if (other < 0) return entries
  const message = `Entry ${other} is not of kind "${only}", the only one taken here; send others to /segment/events`
  return errorAnswer(context, 422, 'unsupported_kind', message)
}

const INVALID_BATCH =
  'Body is not of the form { "batch": [ { "message", "kind", "canonical", "warnings" } ] }'

function ingestOptions(
  { table, destinationsOf, audiences = NO_AUDIENCES, audienceOnly = [] }: StoreParts,
  environment: string,
): IngestOptions {
  const all = destinationsOf(environment)
  return {
    environment,
    destinations: all.filter((name) => !audienceOnly.includes(name)),
    audiences: { table: audiences, destinations: all, mappingVersion: table.version },
  }
}

async function storeBatch(
  context: Context,
  { log }: StoreParts,
  intake: Intake,
  { environment, content: prepared }: SignedBody<readonly Prepared[]>,
): Promise<Response> {
  try {
    return context.json({ results: await intake(environment, prepared) })
  } catch (error) {
    if (!(error instanceof TrackLayerError) || error.code !== 'UNAVAILABLE') throw error
    log(
      'error',
      `cannot store a batch of ${prepared.length} for ${environment}: ${messageOf(error)}`,
    )
    return tryAgainAnswer(context, 503, 'unavailable', 'The store cannot write now; send again', 5)
  }
}
