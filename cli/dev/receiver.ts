// The webhook's other end: a receiver as a careful user would write it (verify, then count by event id), which also
// fails at times, in every way a real one does.

import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { CanonicalEvent } from '../../core/canonical-event.ts'
import type { Clock, Random } from '../../core/clock.ts'
import { HEADERS, isFresh, verify } from '../../core/signature.ts'

export interface ReceiverOptions {
  readonly secret: string
  readonly clock: Clock
  readonly random: Random
  /** Share of requests that go wrong. */
  readonly faultRate: number
}

export interface Receiver {
  readonly url: string
  /** Requests that were signed and fresh, repeats included. */
  readonly requests: number
  readonly refused: number
  readonly faults: number
  /** Each event once: `name` and event id → the event. */
  readonly counted: ReadonlyMap<string, CanonicalEvent>
  close(): Promise<void>
}

type Fault = 'unavailable' | 'too_many' | 'answer_lost' | 'internal'
const FAULTS: readonly Fault[] = ['unavailable', 'too_many', 'answer_lost', 'internal']

/** Of one event, so that a sample run ends within a few retries. */
const MAX_FAILURES = 2

// None of the sample's: an order by which a person sees a dead letter, and its replay arrive.
function isRefusedFirst({ properties }: CanonicalEvent): boolean {
  return String(properties.order_id ?? '').startsWith('REFUSED-')
}

export async function startReceiver({
  secret,
  clock,
  random,
  faultRate,
}: ReceiverOptions): Promise<Receiver> {
  const counted = new Map<string, CanonicalEvent>()
  const failures = new Map<string, number>()
  const sums = { requests: 0, refused: 0, faults: 0 }
  const app = new Hono()
  app.post('/', async (context) => {
    const body = new Uint8Array(await context.req.arrayBuffer())
    const header = (name: string) => context.req.header(name) ?? ''
    const timestamp = header(HEADERS.timestamp)
    const content = {
      timestamp,
      account: header(HEADERS.account),
      environment: header(HEADERS.environment),
      body,
    }
    if (!verify([secret], content, header(HEADERS.signature)) || !isFresh(timestamp, clock.now())) {
      sums.refused++
      return context.text('signature does not match', 401)
    }
    sums.requests++
    const key = context.req.header('idempotency-key') ?? ''
    const { event } = JSON.parse(Buffer.from(body).toString('utf8')) as { event: CanonicalEvent }
    if (isRefusedFirst(event) && !failures.has(key)) {
      failures.set(key, MAX_FAILURES)
      return context.text('this order is not known here yet', 422)
    }
    const isFaulty = random() < faultRate && (failures.get(key) ?? 0) < MAX_FAILURES
    const fault = isFaulty ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined
    if (fault) {
      sums.faults++
      failures.set(key, (failures.get(key) ?? 0) + 1)
    }
    if (fault === 'unavailable') return context.text('down for maintenance', 503)
    if (fault === 'too_many') return context.text('slow down', 429, { 'Retry-After': '1' })
    counted.set(`${event.tracklayer_event} ${event.properties.event_id}`, event)
    // The event counts, and the sender never learns of it: it has to send again, under the same id.
    if (fault === 'answer_lost') return context.text('gateway timed out', 504)
    if (fault === 'internal') return context.text('failed after counting', 500)
    return context.body(null, 204)
  })
  const { server, url } = await listen(app)
  return {
    url,
    counted,
    get requests() {
      return sums.requests
    },
    get refused() {
      return sums.refused
    },
    get faults() {
      return sums.faults
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(app: Hono): Promise<{ server: Server; url: string }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve({ server, url: `http://127.0.0.1:${port}/` }),
    ) as Server
    server.once('error', reject)
  })
}
