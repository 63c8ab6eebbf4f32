// A store at work: its HTTP API and the delivery worker on one database. `store serve` and `dev` both run this.
import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import os from 'node:os'
import type pg from 'pg'
import type { MappingTable } from '../core/mapping-table.ts'
import { createAudienceGate } from '../delivery/audience-gate.ts'
import { createDeliverySide } from '../delivery/delivery-side.ts'
import type { Destination } from '../delivery/destination.ts'
import { createDestinationSetups } from '../delivery/destination-setups.ts'
import {
  type LoadedDestinations,
  type LoadOptions,
  loadDestinations,
} from '../delivery/load-destinations.ts'
import { createReturnGate, inTurn } from '../delivery/return-gate.ts'
import { createTransport } from '../delivery/transport.ts'
import { runWorker, type WorkerOptions } from '../delivery/worker.ts'
import type { Access } from '../store/access.ts'
import { createStoreApp } from '../store/http/app.ts'
import { createKeyRing, runKeyRing } from '../store/key-ring.ts'
import { recordMappingTable } from '../store/mapping-versions.ts'
import { runTallies } from '../store/minute-tallies.ts'
import { runRetention } from '../store/retention.ts'
import { realClock, realRandom } from './clock.ts'
import { readAuditLogDays, readVault } from './config.ts'
import { newToken, withConsole } from './console.ts'
import { type ListenAddress, startHttpServer } from './http-server.ts'
import {
  loadAudiences,
  loadConsentCatalogue,
  loadDestinationFiles,
  loadNamesWithoutRow,
  loadReturns,
  loadTable,
  loadTableDescription,
} from './load-mappings.ts'
import type { Log } from './output.ts'
import type { TlsIdentity } from './tls/local-authority.ts'

export interface StoreServiceOptions {
  readonly pool: pg.Pool
  readonly access: Access
  readonly mappingsDir: string
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** Null: no HTTP API, deliver only. */
  readonly listen: ListenAddress | null
  /** A second door, for whoever wants HTTPS where `listen` is plain. */
  readonly alsoListen?: ListenAddress
  /** Deliver in this process too. */
  readonly deliver: boolean
  readonly onRecorded?: WorkerOptions['onRecorded']
}

export interface StoreService {
  /** Address of the HTTP API; null when it is not served here. */
  readonly url: string | null
  /** Address of the second door; null without `alsoListen`. */
  readonly secondUrl: string | null
  readonly destinations: LoadedDestinations
  readonly table: MappingTable
  /** New connections get this certificate. */
  replaceTls(identity: TlsIdentity): void
  /** Takes no more, finishes and records what is under way. */
  stop(): Promise<void>
}

export async function startStoreService(options: StoreServiceOptions): Promise<StoreService> {
  const { pool, log, variables } = options
  const database = { pool, clock: realClock, random: realRandom }
  const table = loadTable()
  const vault = readVault(variables)
  const auditLogDays = readAuditLogDays(variables)
  const keys = createKeyRing({ database, access: options.access, vault, log })
  const { access } = keys
  // Before the first request: until then a secret that was retired would be accepted.
  if (options.listen) await keys.sync()
  const catalogue = loadConsentCatalogue(options.mappingsDir)
  const transport = createTransport({
    allowPrivateAddresses: variables.TRACKLAYER_ALLOW_PRIVATE_ADDRESSES === 'true',
  })
  const files = loadDestinationFiles(options.mappingsDir, catalogue)
  const audiences = loadAudiences(options.mappingsDir, catalogue, files)
  const loadOptions: LoadOptions = {
    account: access.account,
    environments: access.environments.map(({ name }) => name),
    files,
    catalogue,
    returns: loadReturns(options.mappingsDir),
    variables,
    transport: transport.send,
    clock: realClock,
    tokenStore: vault && { database, vault },
  }
  const destinations = loadDestinations(loadOptions)
  for (const { environment, reason } of destinations.broken)
    log('error', `${environment}: ${reason}`)
  // A version that messages come under is shown and compared by what some store has had.
  const environments = access.environments.map(({ name }) => name)
  await recordMappingTable(database, environments, loadTableDescription())
  const destinationsOf = (environment: string) => namesOf(destinations.active, environment)
  const audienceOnly = destinations.active
    .filter(({ receives }) => receives === 'audiences')
    .map(({ name }) => name)
  const deliverySide = createDeliverySide(destinations.active)
  const stopping = new AbortController()
  // Each lane listens, and each open page: their number is no leak.
  setMaxListeners(0, stopping.signal)
  const app = createStoreApp({
    database,
    access,
    table,
    namesWithoutRow: loadNamesWithoutRow(options.mappingsDir),
    destinationFiles: files,
    destinationsOf,
    audienceOnly,
    audiences,
    keys,
    auditLogDays,
    deliverySide,
    destinationSetups: createDestinationSetups({
      ...loadOptions,
      loaded: destinations,
      table,
      newId: randomUUID,
    }),
    newToken,
    stopping: stopping.signal,
    log,
  })
  const door = withConsole(app.fetch, log)
  const server = options.listen ? await startHttpServer(door, options.listen) : null
  const second = options.alsoListen ? await startHttpServer(door, options.alsoListen) : null
  const { onRecorded } = options
  const workerOptions = {
    database,
    destinations: destinations.active,
    log,
    name: `${os.hostname()} ${process.pid}`,
    audienceGate: inTurn(
      createAudienceGate(database, audiences, catalogue),
      createReturnGate(database, audiences),
    ),
    ...(onRecorded ? { onRecorded } : {}),
  }
  const worker = options.deliver ? runWorker(workerOptions, stopping.signal) : Promise.resolve()
  const keeping = server ? runKeyRing(keys, { database, log }, stopping.signal) : Promise.resolve()
  // With whoever delivers: a store that only receives needs no second sweep beside it.
  const retention = options.deliver
    ? runRetention(
        {
          database,
          environments: access.environments.map(({ name }) => name),
          optionsOf: (environment) => ({
            table: audiences,
            destinations: destinationsOf(environment),
            mappingVersion: table.version,
          }),
          auditLogDays,
          log,
        },
        stopping.signal,
      )
    : Promise.resolve()
  const tallies = options.deliver
    ? runTallies(
        { database, environments: access.environments.map(({ name }) => name), log },
        stopping.signal,
      )
    : Promise.resolve()
  return {
    url: server?.url ?? null,
    secondUrl: second?.url ?? null,
    replaceTls: (identity) => server?.replaceTls(identity),
    destinations,
    table,
    stop: async () => {
      stopping.abort()
      await Promise.all([server?.close(), second?.close()])
      await Promise.all([worker, retention, keeping, tallies])
      transport.close()
    },
  }
}

function namesOf(destinations: readonly Destination[], environment: string): string[] {
  return destinations
    .filter((destination) => destination.environment === environment)
    .map(({ name }) => name)
}
