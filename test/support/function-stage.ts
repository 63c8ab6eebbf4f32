// The built functions on a stage: a workspace on a virtual clock, and a server in place of the store. After each test all
// is closed, and no secret may have come out anywhere.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createRandom } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import { createVirtualClock } from '../../workspace/virtual-clock.ts'
import {
  createWorkspace,
  type DestinationOptions,
  type LogLine,
  type SourceFunctionSetup,
  type WorkspaceOptions,
} from '../../workspace/workspace.ts'
import { type RecordingServer, startRecordingServer } from './recording-server.ts'
import { accepting } from './store-answers.ts'
import { temporaryFolder } from './temporary-folder.ts'

const DIST = path.join(__dirname, '..', '..', 'dist')
export const REALM_WORKER_FILE = path.join(DIST, 'workspace', 'realm-worker.js')
export const BUNDLES = {
  destination: path.join(DIST, 'functions', 'destination.js'),
  source: path.join(DIST, 'functions', 'source.js'),
  insert: path.join(DIST, 'functions', 'insert.js'),
}

export const WRITE_KEY = 'wk_shop'
export const ACCOUNT = 'acct_live_123'
export const ENVIRONMENT = 'production'
export const SECRET = 'a-secret-of-the-store-00000000000'
export const RETURN_SECRET = 'a-secret-for-the-way-back-00000'
/** Shorter than the host's ten seconds: no retry falls into it. */
const WINDOW_MS = 1000

const directory = temporaryFolder('functions')

/** A file with this text, for the length of a test file. */
export function functionFile(name: string, code: string): string {
  const file = path.join(directory, name)
  writeFileSync(file, code)
  return file
}

/** The bundle on a host that calls no batch handler, as it does below about one message a second (segment.md 1.5). */
export function singleHandlers(): string {
  return functionFile('single.js', `${readFileSync(BUNDLES.destination)}\nonBatch = undefined`)
}

export interface Stage {
  readonly workspace: ReturnType<typeof createWorkspace>
  readonly clock: ReturnType<typeof createVirtualClock>
  readonly store: RecordingServer
  /** Console lines of the functions. */
  readonly lines: readonly LogLine[]
  /** Messages as Segment hands them on, in order. */
  readonly routed: readonly JsonObject[]
  addDestination(options?: Partial<DestinationOptions>): Promise<void>
  addSource(options?: Partial<SourceFunctionSetup>): Promise<void>
  inject(...messages: readonly JsonObject[]): void
  /** Hands in, and lets the batch window pass. */
  send(...messages: readonly JsonObject[]): Promise<void>
  /** `status`, or `status: reason`, of each delivery. */
  statuses(): string[]
}

/** Registers the end of every stage of a test file and returns what sets one. */
export function useFunctionStage() {
  const stages: Stage[] = []
  const servers: RecordingServer[] = []
  afterEach(async () => {
    const ended = stages.splice(0)
    await Promise.all(ended.map(({ workspace }) => workspace.close()))
    await Promise.all(servers.splice(0).map((server) => server.close()))
    for (const stage of ended) expectNoSecret(stage)
  })

  return async (options: Partial<WorkspaceOptions> = {}): Promise<Stage> => {
    const clock = createVirtualClock()
    const store = await startRecordingServer(accepting, clock.now)
    servers.push(store)
    const lines: LogLine[] = []
    const routed: JsonObject[] = []
    const workspace = createWorkspace({
      clock,
      random: createRandom(11),
      realmWorkerFile: REALM_WORKER_FILE,
      onLog: (line) => lines.push(line),
      onMessage: (message) => routed.push(message),
      ...options,
    })
    clock.waitFor(workspace.settled)
    workspace.addSource({ name: 'shop', writeKey: WRITE_KEY })
    const stage = { workspace, clock, store, lines, routed, ...actionsOn(workspace, clock, store) }
    stages.push(stage)
    return stage
  }
}

function actionsOn(workspace: Stage['workspace'], clock: Stage['clock'], store: RecordingServer) {
  function inject(...messages: readonly JsonObject[]) {
    for (const message of messages) {
      const acceptance = workspace.inject(WRITE_KEY, message)
      if (acceptance.kind === 'rejected') throw new Error(`rejected: ${acceptance.reason}`)
    }
  }
  return {
    async addDestination(options: Partial<DestinationOptions> = {}) {
      await workspace.addDestinationFunction({
        name: 'TrackLayer',
        file: BUNDLES.destination,
        sources: ['shop'],
        maxContainers: 1,
        batch: { windowMs: WINDOW_MS },
        ...options,
        settings: destinationSettings(store.url, options.settings),
      })
    },
    async addSource(options: Partial<SourceFunctionSetup> = {}) {
      await workspace.addSourceFunction({
        name: 'return',
        file: BUNDLES.source,
        maxContainers: 1,
        ...options,
        settings: {
          account: ACCOUNT,
          environment: ENVIRONMENT,
          secret: RETURN_SECRET,
          ...options.settings,
        },
      })
    },
    inject,
    async send(...messages: readonly JsonObject[]) {
      inject(...messages)
      await clock.advance(WINDOW_MS)
    },
    statuses: () =>
      workspace
        .deliveries()
        .map(({ status, reason }) => (reason ? `${status}: ${reason}` : status)),
  }
}

export function destinationSettings(storeUrl: string, settings: object = {}) {
  return { storeUrl, account: ACCOUNT, environment: ENVIRONMENT, secret: SECRET, ...settings }
}

function expectNoSecret({ workspace, store, lines }: Stage) {
  const shown = JSON.stringify([
    workspace.deliveries(),
    workspace.requests(),
    workspace.warnings(),
    lines,
    store.requests.map(({ path: at, headers, body }) => [at, headers, body.toString()]),
  ])
  expect(shown).not.toMatch(/a-secret/)
}

/** A purchase as a shop sends it. */
export function order(messageId: string, properties: JsonObject = {}): JsonObject {
  return {
    type: 'track',
    event: 'Order Completed',
    messageId,
    userId: 'cust_1',
    timestamp: '2026-01-15T08:59:00.000Z',
    properties: { orderId: `order-${messageId}`, revenue: 12.5, currency: 'eur', ...properties },
  }
}

/** What TrackLayer itself sent to Segment. */
export function ownReturn(messageId: string): JsonObject {
  const tracklayer = { origin: 'tracklayer', environment: ENVIRONMENT }
  return { ...order(messageId), event: 'Purchase Confirmed', context: { tracklayer } }
}
