// Destinations and workers for tests: as the store loads them, on a clock that a test moves.
import { readFileSync } from 'node:fs'
import type { Clock } from '../../core/clock.ts'
import type { ConsentCatalogue } from '../../core/consent-catalogue.ts'
import { parseConsentFile } from '../../core/consent-schema.ts'
import { parseDestinationFile, type ReturnsFile } from '../../core/destination-schema.ts'
import { createDestination } from '../../delivery/definitions.ts'
import type { Deliver, DeliveryResult, Destination } from '../../delivery/destination.ts'
import type { Transport } from '../../delivery/transport.ts'
import { runWorker, type WorkerOptions } from '../../delivery/worker.ts'
import type { Database } from '../../store/database.ts'
import type { ClaimedDelivery, DeliveryRecord } from '../../store/deliveries.ts'
import { ACCOUNT } from './signed-batch.ts'
import { until } from './until.ts'

export const WEBHOOK_SECRET = 'receiver-secret-00001'

export const NO_RETURNS: ReturnsFile = { returns: {}, integrations: {}, traits: {} }

export const CATALOGUE: ConsentCatalogue = parseConsentFile(
  readFileSync('mappings/consent.yaml', 'utf8'),
  'consent.yaml',
)

export interface DestinationSpec {
  readonly name?: string
  readonly environment?: string
  readonly definition?: 'webhook' | 'segment-return'
  /** Of a webhook's only subscription; none without it. */
  readonly trigger?: string
  readonly url: string
  readonly secret?: string
  readonly returns?: ReturnsFile
  readonly concurrency?: number
  readonly batchSize?: number
  readonly timeoutMs?: number
  readonly maxAttempts?: number
  /** More of the file, e.g. `max_age: 1h`. */
  readonly lines?: readonly string[]
  readonly transport: Transport
  readonly clock: Clock
}

/** A destination as a file with 10 s doubling to 100 s would make it. */
export function destinationTo(spec: DestinationSpec): Destination {
  const { definition = 'webhook', concurrency = 4, batchSize = 1 } = spec
  const { timeoutMs = 5000, maxAttempts = 5 } = spec
  const file = parseDestinationFile(
    [
      `definition: ${definition}`,
      ...(spec.trigger
        ? [`subscriptions: [{ name: Some, trigger: '${spec.trigger}', action: send }]`]
        : []),
      `limits: { concurrency: ${concurrency}, batch_size: ${batchSize}, timeout_seconds: ${timeoutMs / 1000} }`,
      `retry: { base_seconds: 10, cap_seconds: 100, max_attempts: ${maxAttempts} }`,
      ...(spec.lines ?? []),
    ].join('\n'),
    `${definition}.yaml`,
  )
  return createDestination({
    name: spec.name ?? 'webhook',
    account: ACCOUNT,
    environment: spec.environment ?? 'production',
    file,
    settings: { url: spec.url, secret: spec.secret ?? WEBHOOK_SECRET },
    catalogue: CATALOGUE,
    returns: spec.returns ?? NO_RETURNS,
    transport: spec.transport,
    clock: spec.clock,
  })
}

/** For a destination that treats each event alone. */
export function oneByOne(deliver: (delivery: ClaimedDelivery) => Promise<DeliveryResult>): Deliver {
  return (deliveries) => Promise.all(deliveries.map(deliver))
}

export interface RunningWorker {
  /** In the order in which they went on record: destination and record. */
  readonly records: readonly { readonly name: string; readonly record: DeliveryRecord }[]
  readonly log: readonly string[]
  /** Waits until `count` outcomes in all are on record. */
  recorded(count: number): Promise<void>
  /** Stops it and waits for what is under way. */
  stop(): Promise<void>
}

export function startWorker(
  database: Database,
  destinations: readonly Destination[],
  options: Partial<WorkerOptions> = {},
): RunningWorker {
  const stopping = new AbortController()
  const records: { name: string; record: DeliveryRecord }[] = []
  const log: string[] = []
  const worker = runWorker(
    {
      database,
      destinations,
      log: (level, message) => log.push(`${level} ${message}`),
      onRecorded: ({ name }, record) => records.push({ name, record }),
      pollMs: 3,
      ...options,
    },
    stopping.signal,
  )
  return {
    records,
    log,
    recorded: (count) => until(() => records.length >= count),
    stop: async () => {
      stopping.abort()
      await worker
    },
  }
}

/** A promise and what resolves it. */
export function createGate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}
