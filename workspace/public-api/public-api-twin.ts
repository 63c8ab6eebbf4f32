// Segment's Public API for one workspace: tokens, versions by media type, rate limits, pages, and the resources that
// TrackLayer deploys. The door of this folder.
import type { Hono } from 'hono'
import type { Clock, Random } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import { listen } from '../listen.ts'
import { createRequestRate } from '../twins/request-rate.ts'
import type { RecordedRequest } from '../twins/twin.ts'
import {
  createTwinApp,
  type TwinAnswer,
  type TwinRequest,
  type TwinRoute,
} from '../twins/twin-app.ts'
import { createTwinFaults, type TwinFaults } from '../twins/twin-faults.ts'
import type { Listening } from '../workspace-options.ts'
import {
  ApiFault,
  type ApiRoute,
  bodyOf,
  data,
  errors,
  faultAnswer,
  tooMany,
  type Version,
} from './api-answers.ts'
import type {
  CatalogDestination,
  CatalogSource,
  TwinDestination,
  TwinFilter,
  TwinInsertInstance,
  TwinMapping,
  TwinSource,
} from './connection-book.ts'
import { createConnections } from './connections-store.ts'
import { createFunctions, type FunctionsOptions, type TwinFunction } from './functions-store.ts'
import { createTrackingPlans, type TwinTrackingPlan } from './tracking-plans-store.ts'

export type * from './connection-book.ts'
export type { TwinFunction } from './functions-store.ts'
export type { TwinTrackingPlan } from './tracking-plans-store.ts'

export interface PublicApiTwinOptions {
  readonly clock: Clock
  readonly random: Random
  /** Tokens of this workspace and region; any other is 401, as one of the other region is. */
  readonly tokens: readonly string[]
  readonly workspace?: { readonly id: string; readonly name: string; readonly slug: string }
  readonly catalogDestinations?: readonly CatalogDestination[]
  readonly catalogSources?: readonly CatalogSource[]
  /** Default 'sources-only', the harsher reading; see FunctionsOptions. */
  readonly deploys?: FunctionsOptions['deploys']
  readonly deployTo?: string
  /** Requests a minute. The default number is not published: 200, as the old Config API had. */
  readonly requestsPerMinute?: number
  /** Default 5, as documented. */
  readonly mappingWritesPerMinute?: number
}

export interface PublicApiTwin {
  readonly app: Hono
  readonly faults: TwinFaults
  listen(at: { readonly port: number; readonly host?: string }): Promise<Listening>
  /** A source that stands before anything is deployed, e.g. a website. */
  addSource(slug: string): TwinSource
  /** "Save & Deploy" in the app. */
  clickDeploy(functionId: string): void
  /** What a local workspace loads and runs: the deployed code's file and the settings of a destination. */
  deployedFile(functionId: string): string | undefined
  functions(): readonly TwinFunction[]
  sources(): readonly TwinSource[]
  destinations(): readonly TwinDestination[]
  mappings(): readonly TwinMapping[]
  filters(): readonly TwinFilter[]
  insertInstances(): readonly TwinInsertInstance[]
  trackingPlans(): readonly TwinTrackingPlan[]
  requests(): readonly RecordedRequest[]
  /** Requests other than GET that were answered with success, oldest first. */
  writes(): readonly RecordedRequest[]
}

const MINUTE_MS = 60_000
const WORKSPACE = { id: '9aQ1Lj62S4bomZKLF4DPqW', name: 'My Workspace', slug: 'my-workspace' }

export function createPublicApiTwin(options: PublicApiTwinOptions): PublicApiTwin {
  const { clock, random, workspace = WORKSPACE } = options
  const faults = createTwinFaults(random)
  const functions = createFunctions({
    clock,
    random,
    workspaceName: workspace.name,
    deploys: options.deploys ?? 'sources-only',
    deployTo: options.deployTo,
  })
  const connections = createConnections({
    clock,
    random,
    functions,
    catalogDestinations: options.catalogDestinations ?? [],
    catalogSources: options.catalogSources ?? [],
  })
  const plans = createTrackingPlans(clock, random, (id) =>
    connections.sources().some((source) => source.id === id),
  )
  const guard = createGuard(options)
  const own: readonly ApiRoute[] = [
    {
      method: 'GET',
      path: /^\/$/,
      version: 'v1',
      handle: () => data({ workspace: { ...workspace } }),
    },
    { method: 'GET', path: /^\/echo$/, version: 'v1', handle: ({ query }) => echo(query) },
  ]
  const routes = [...own, ...functions.routes, ...connections.routes, ...plans.routes]
  const { app, requests } = createTwinApp({
    clock,
    faults,
    routes: routes.map(guard),
    edge: {
      tooManyRequests: (seconds) => tooMany(seconds * 1000, 201, clock.now() + seconds * 1000),
      serverError: () =>
        errors(500, { type: 'internal-server-error', message: 'Unexpected error' }),
      gatewayTimeout: () => ({
        status: 504,
        body: '<html><body>504 Gateway Time-out</body></html>',
      }),
      notFound: (path) => errors(404, { type: 'not-found', message: `Cannot find ${path}` }),
    },
  })
  return {
    app,
    faults,
    listen: ({ port, host }) => listen(app, port, host),
    addSource: (slug) =>
      connections.createSource({ slug, metadataId: 'IqDTy1TpoU', enabled: true }),
    clickDeploy: functions.clickDeploy,
    deployedFile: functions.fileOf,
    functions: functions.list,
    sources: connections.sources,
    destinations: connections.destinations,
    mappings: connections.mappings,
    filters: connections.filters,
    insertInstances: connections.insertInstances,
    trackingPlans: plans.list,
    requests,
    writes: () =>
      requests().filter(
        ({ method, status }) => method !== 'GET' && status !== null && status < 300,
      ),
  }
}

// Token, rate and version, before a route sees the request.
function createGuard(options: PublicApiTwinOptions) {
  const { clock, tokens, requestsPerMinute = 200, mappingWritesPerMinute = 5 } = options
  const all = { requests: requestsPerMinute, windowMs: MINUTE_MS }
  const mappingWrites = { requests: mappingWritesPerMinute, windowMs: MINUTE_MS }
  const rates = {
    all: createRequestRate(clock, [all]),
    'mapping-writes': createRequestRate(clock, [mappingWrites]),
  }

  function refusal(route: ApiRoute, request: TwinRequest): TwinAnswer | null {
    const token = /^Bearer (.+)$/.exec(request.header('Authorization') ?? '')?.[1]
    if (!token || !tokens.includes(token)) {
      return errors(401, { type: 'unauthorized', message: 'Invalid or missing token.' })
    }
    for (const [name, limit] of [
      ['all', all],
      ['mapping-writes', mappingWrites],
    ] as const) {
      if (name !== 'all' && name !== route.limit) continue
      if (!rates[name].take().exceeded) continue
      const leftMs = MINUTE_MS - (clock.now() % MINUTE_MS)
      return tooMany(leftMs, limit.requests + 1, clock.now() + leftMs)
    }
    return versionFault(route.version, request.header('Accept') ?? '')
  }

  return (route: ApiRoute): TwinRoute => ({
    ...route,
    handle(request, params) {
      const refused = refusal(route, request)
      if (refused) return refused
      try {
        return route.handle({ query: request.query, body: bodyOf(request) }, params)
      } catch (error) {
        if (error instanceof ApiFault) return faultAnswer(error)
        throw error
      }
    },
  })
}

// Plain JSON means the most stable version an endpoint has; a version that it lacks is not there. 404 is UNVERIFIED.
function versionFault(has: Version, accept: string): TwinAnswer | null {
  const asked = /application\/vnd\.segment\.(v1(?:alpha|beta)?)\+json/.exec(accept)?.[1]
  if (asked === undefined || asked === 'v1alpha' || asked === has) return null
  const message = `This endpoint is not available in ${asked}.`
  return errors(404, { type: 'not-found', message })
}

// "GET /echo", the API's own test endpoint.
function echo(query: URLSearchParams): TwinAnswer {
  const status = Number(query.get('statusCode') ?? 200)
  if (query.get('triggerError') === 'true') {
    return errors(Math.max(status, 400), { type: 'bad-request', message: 'Triggered error' })
  }
  const answer: JsonObject = { message: query.get('message') ?? '' }
  return data(answer, status)
}
