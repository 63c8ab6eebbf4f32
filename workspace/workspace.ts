// A local Segment: sources behind the Tracking API, functions in the host's own kind of realm, and an account of every
// message. The door of this room, with workspace-options.ts; the clocks stand beside it.
import { Hono } from 'hono'
import type { JsonObject } from '../core/json.ts'
import type { BatchOptions } from './deliver/batch-former.ts'
import { createDeliveryLog } from './deliver/delivery-log.ts'
import { createDestinationFunction } from './deliver/destination-function.ts'
import { createFaultInjector } from './deliver/faults.ts'
import { createInsertFunction, type InsertFunction } from './deliver/insert-function.ts'
import { createRequestLog } from './deliver/request-log.ts'
import { createRetrier, type Retrier } from './deliver/retrier.ts'
import { type Connection, createRouter } from './deliver/router.ts'
import { createSourceFunction } from './deliver/source-function.ts'
import { hostSwitches } from './host-switches.ts'
import { listen } from './listen.ts'
import type { FunctionKind } from './realm/realm-protocol.ts'
import { createRecentList } from './recent-list.ts'
import { createActivity } from './runtime/activity.ts'
import {
  type OpenFunction,
  type OpenFunctionOptions,
  openFunction,
} from './runtime/open-function.ts'
import { destinationRetries, sourceRetries } from './runtime/retry-schedule.ts'
import { createSignal } from './runtime/signal.ts'
import { createAnalyticsJsRoutes } from './tracking/analytics-js.ts'
import { createDeleteMessage } from './tracking/delete-message.ts'
import { createIntake, type Rejection } from './tracking/intake.ts'
import { createTrackingApi } from './tracking/tracking-api.ts'
import { createWebhooks, type Webhook } from './tracking/webhooks.ts'
import type {
  DestinationOptions,
  FunctionHandle,
  InsertOptions,
  Listening,
  SourceFunctionSetup,
  SourceInsertOptions,
  Workspace,
  WorkspaceOptions,
} from './workspace-options.ts'

export type { Delivery, DeliveryCounts, DeliveryStatus } from './deliver/delivery-log.ts'
export type { Faults } from './deliver/faults.ts'
export type { RequestRecord, RequestStatus } from './deliver/source-function.ts'
export { DEFAULT_SWITCHES, type HostSwitches } from './host-switches.ts'
export type { IntakeCounts, Rejection, RejectReason } from './tracking/intake.ts'
export type * from './workspace-options.ts'

type OpenSetup = Omit<OpenFunctionOptions, 'kind' | 'clock' | 'realmWorkerFile' | 'onLog'>

interface SourceInsert {
  readonly name: string
  readonly accept: InsertFunction['accept']
}

interface InsertPlace {
  readonly batch?: BatchOptions | undefined
  readonly retrier: Retrier
  readonly next: Connection['accept']
}

const DAY_MS = 24 * 60 * 60 * 1000

export function createWorkspace(options: WorkspaceOptions): Workspace {
  const { clock, random, keepRecords = 10_000 } = options
  const switches = hostSwitches(options.switches)
  const sources = new Map<string, string>()
  const webhooks = new Map<string, Webhook>()
  const opened = new Set<OpenFunction>()
  const inserts = new Set<InsertFunction>()
  const sourceInserts = new Map<string, SourceInsert>()
  const servers = new Set<Listening>()
  const warnings = createRecentList<string>(keepRecords)
  const rejections = createRecentList<Rejection>(keepRecords)
  let objects = 0
  let isClosed = false

  const activity = createActivity()
  const changed = createSignal()
  const faults = createFaultInjector(clock, random)
  const destinationRetrier = createRetrier(
    clock,
    random,
    destinationRetries(options.destinationRetry),
  )
  const sourceRetrier = createRetrier(clock, random, sourceRetries(options.sourceRetry))
  const sourceInsertRetrier = createRetrier(clock, random, sourceRetries(options.sourceInsertRetry))
  const retriers = [destinationRetrier, sourceRetrier, sourceInsertRetrier]
  const requests = createRequestLog(keepRecords, (record) => {
    options.onRequest?.(record)
    changed.notify()
  })
  const deliveries = createDeliveryLog({
    keep: keepRecords,
    onDelivery(delivery) {
      options.onDelivery?.(delivery)
      changed.notify()
    },
  })
  const router = createRouter(deliveries)
  const intake = createIntake({
    clock,
    random,
    sourceOf: (writeKey) => sources.get(writeKey),
    dedup: options.dedup ?? false,
    dedupWindowMs: options.dedupWindowMs ?? DAY_MS,
    onAccepted(message, source) {
      options.onMessage?.(message, source)
      route(message, source)
    },
    onRejected(rejection) {
      rejections.add(rejection)
      options.onRejected?.(rejection)
    },
  })

  function route(message: JsonObject, source: string) {
    const insert = sourceInserts.get(source)
    if (insert) insert.accept(message, deliveries.open(insert.name, String(message.messageId)))
    else router.route(message, source)
  }

  async function open(kind: FunctionKind, setup: OpenSetup): Promise<OpenFunction> {
    const { name } = setup
    const found = await openFunction({
      ...setup,
      kind,
      clock,
      realmWorkerFile: options.realmWorkerFile,
      switches,
      ...(options.nodeFile === undefined ? {} : { nodeFile: options.nodeFile }),
      onLog: (level, text) => options.onLog?.({ functionName: name, level, text }),
    })
    opened.add(found)
    return found
  }

  async function addDestinationFunction(setup: DestinationOptions): Promise<FunctionHandle> {
    const { name, sources: connected, batch = {}, insert, ...rest } = setup
    const { instance, handle, defines } = await open('destination', { name, ...rest })
    const destination = createDestinationFunction({
      instance,
      hasBatchHandler: () => defines('onBatch'),
      clock,
      activity,
      faults,
      retrier: destinationRetrier,
      batch,
      switches,
      onWarning: (text) => warnings.add(`${name}: ${text}`),
    })
    const accept = insert
      ? await acceptThrough(name, insert, destination.accept)
      : destination.accept
    const displayName = `${name} (${options.name ?? 'Local'})`
    router.connect({ name, displayName, sources: new Set(connected), destination, accept })
    return handle
  }

  async function acceptThrough(
    name: string,
    insert: InsertOptions,
    next: Connection['accept'],
  ): Promise<Connection['accept']> {
    const { batch, ...rest } = insert
    const found = await open('insert', { name: `${name} (insert)`, ...rest })
    return connectInsert('insert', found, { batch, retrier: destinationRetrier, next }).accept
  }

  function connectInsert(
    kind: 'insert' | 'sourceInsert',
    { instance, defines, handle }: OpenFunction,
    { batch = {}, retrier, next }: InsertPlace,
  ): InsertFunction {
    const insert = createInsertFunction({
      kind,
      instance,
      hasBatchHandler: () => defines('onBatch'),
      batch,
      clock,
      activity,
      retrier,
      switches,
      next,
      onWarning: (text) => warnings.add(`${handle.name}: ${text}`),
    })
    inserts.add(insert)
    return insert
  }

  async function addSourceInsertFunction(setup: SourceInsertOptions): Promise<FunctionHandle> {
    const { source, ...rest } = setup
    if (sourceInserts.has(source)) throw new RangeError(`"${source}" has an insert function`)
    const found = await open('sourceInsert', rest)
    const { accept } = connectInsert('sourceInsert', found, {
      retrier: sourceInsertRetrier,
      next(message, entry) {
        entry.update({ status: 'delivered', reason: null })
        router.route(message, source)
      },
    })
    sourceInserts.set(source, { name: setup.name, accept })
    return found.handle
  }

  async function addSourceFunction(setup: SourceFunctionSetup): Promise<FunctionHandle> {
    const { name, writeKey = `wk_${setup.name}`, ...rest } = setup
    const { instance, handle } = await open('source', { name, ...rest })
    sources.set(writeKey, name)
    const { receive } = createSourceFunction({
      name,
      instance,
      activity,
      retrier: sourceRetrier,
      switches,
      emit: (message) => emit(writeKey, message),
      onRequest: requests.record,
    })
    webhooks.set(name, { tester: setup.tester ?? false, receive })
    return handle
  }

  function emit(writeKey: string, message: JsonObject) {
    if (message.type === 'set') objects += 1
    else intake.accept(writeKey, message)
  }

  function formingCount() {
    return [...inserts].reduce((sum, insert) => sum + insert.formingCount, router.formingCount)
  }

  async function drain() {
    while (!isClosed) {
      faults.release()
      for (const insert of inserts) insert.flush()
      router.flush()
      await activity.settled()
      // What has just ended may have put a message into a forming batch: an insert function, a source function.
      if (activity.count + formingCount() + faults.heldCount > 0) continue
      if (retriers.every(({ waitingCount }) => waitingCount === 0)) return
      await changed.next()
    }
  }

  async function close() {
    isClosed = true
    await Promise.all([...servers].map((server) => server.close()))
    // Containers first: what is under way then ends without a retry, and no new timer is made after the last is stopped.
    await Promise.all([...opened].map(({ instance }) => instance.close()))
    await activity.settled()
    for (const retrier of retriers) retrier.stop()
    for (const insert of inserts) insert.stop()
    faults.stop()
    router.stop()
    changed.notify()
  }

  const { strictWriteKeys = false, analyticsJsFile } = options
  const app = new Hono()
  app.route('/', createTrackingApi({ intake, strictWriteKeys }))
  app.route('/', createAnalyticsJsRoutes({ isWriteKey: intake.knows, analyticsJsFile }))
  app.route('/', createWebhooks({ find: (name) => webhooks.get(name), switches }))

  return {
    app,
    faults,
    addSource: ({ name, writeKey }) => void sources.set(writeKey, name),
    addDestinationFunction,
    addSourceFunction,
    addSourceInsertFunction,
    deleteUser(source, userId) {
      if (switches.deletes === 'withheld') return
      route(createDeleteMessage({ userId, projectId: source, nowMs: clock.now(), random }), source)
    },
    inject: (writeKey, message) => intake.accept(writeKey, message),
    async listen({ port, host }) {
      const server = await listen(app, port, host)
      servers.add(server)
      return server
    },
    deliveries: deliveries.list,
    requests: requests.list,
    warnings: warnings.list,
    rejections: rejections.list,
    counts: () => ({
      ...intake.counts(),
      objects,
      deliveries: Object.fromEntries(
        [...[...sourceInserts.values()].map(({ name }) => name), ...router.names()].map((name) => [
          name,
          deliveries.counts(name),
        ]),
      ),
    }),
    settled: activity.settled,
    drain,
    close,
  }
}
