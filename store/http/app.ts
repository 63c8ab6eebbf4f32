// The store's HTTP API.
import { Hono } from 'hono'
import { AUDIENCE_OBJECTS_PATH } from '../../core/audience-object.ts'
import type { AudienceTable } from '../../core/audience-table.ts'
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import type { MappingTable } from '../../core/mapping-table.ts'
import type { Access, Principal } from '../access.ts'
import type { Database } from '../database.ts'
import type { DeliverySide } from '../delivery-side.ts'
import { createSecretUse, type SecretUse } from '../secret-use.ts'
import type { NewToken } from '../sessions.ts'
import { errorAnswer, tryAgainAnswer } from './errors.ts'
import { requireAccess } from './require-access.ts'
import { addAudienceAuditRoutes } from './routes/audience-audit.ts'
import { addAudienceSizeRoutes } from './routes/audience-sizes.ts'
import { addAudienceRoutes } from './routes/audiences.ts'
import { addDeadLetterRoutes } from './routes/dead-letters.ts'
import { addDestinationRoutes } from './routes/destinations.ts'
import { addEventRoutes } from './routes/events.ts'
import { addLedgerRoutes } from './routes/ledger.ts'
import { addMessageRoutes } from './routes/messages.ts'
import { addOverviewRoutes } from './routes/overview.ts'
import { addProfileRoutes } from './routes/profiles.ts'
import { addReplayRoutes } from './routes/replays.ts'
import { addSecretRoutes } from './routes/secrets.ts'
import { addSessionRoutes, addSignInRoute } from './routes/sessions.ts'
import { addViolationRoutes } from './routes/violations.ts'
import { createSegmentAudienceObjects } from './segment-audience-objects.ts'
import { createReceivers } from './segment-events.ts'

export type Log = (level: 'info' | 'warn' | 'error', message: string) => void

export interface StoreOptions {
  readonly database: Database
  readonly access: Access
  readonly table: MappingTable
  /** Names of the destinations active in an environment: each gets a ledger row for every event. */
  readonly destinationsOf: (environment: string) => readonly string[]
  /** Those of them that get the transitions of audiences and no event. */
  readonly audienceOnly?: readonly string[]
  /** mappings/audiences.yaml; without it every audience is unlisted. */
  readonly audiences?: AudienceTable
  /** Counts which secret signs; each app has one of its own by default. */
  readonly secretUse?: SecretUse
  /** Rehearses deliveries for replays; without it their destinations count as not on. */
  readonly deliverySide?: DeliverySide
  /** Makes the tokens of sessions and sign-in links: 256 bits that nobody can guess. */
  readonly newToken: NewToken
  /** Aborted when the store stops: streams end, which would keep its server open. */
  readonly stopping?: AbortSignal
  readonly log: Log
}

/** What every route under /v1 knows once access was checked. */
export type StoreEnv = { Variables: { environment: string; principal: Principal } }
export type StoreApp = Hono<StoreEnv>

export function createStoreApp(given: StoreOptions): StoreApp {
  const options = { secretUse: createSecretUse(given.database.clock), ...given }
  const { database, log } = options
  const app = new Hono<StoreEnv>()
  const receiver = createReceivers(options)
  app.post('/segment/events', receiver())
  app.post('/segment/audiences', receiver('audience'))
  app.post(AUDIENCE_OBJECTS_PATH, createSegmentAudienceObjects(options))
  app.get('/healthz', (context) => context.json({ status: 'ok' }))
  app.get('/readyz', async (context) => {
    try {
      await database.pool.query('select 1')
      return context.json({ status: 'ready', mapping_version: options.table.version })
    } catch (error) {
      log('error', `not ready: ${messageOf(error)}`)
      return errorAnswer(context, 503, 'unavailable', 'The database does not answer')
    }
  })
  addSignInRoute(app, options)
  app.use('/v1/*', requireAccess(options.access, database))
  for (const addRoutes of [
    addEventRoutes,
    addOverviewRoutes,
    addSessionRoutes,
    addMessageRoutes,
    addLedgerRoutes,
    addDestinationRoutes,
    addAudienceRoutes,
    addAudienceAuditRoutes,
    addAudienceSizeRoutes,
    addProfileRoutes,
    addSecretRoutes,
    addDeadLetterRoutes,
    addReplayRoutes,
    addViolationRoutes,
  ]) {
    addRoutes(app, options)
  }
  app.notFound((context) =>
    errorAnswer(context, 404, 'not_found', `No ${context.req.method} ${context.req.path} here`),
  )
  app.onError((error, context) => {
    if (error instanceof TrackLayerError && error.code === 'UNAVAILABLE') {
      log('error', `${context.req.method} ${context.req.path}: ${error.message}`)
      return tryAgainAnswer(context, 503, 'unavailable', 'The store cannot read now; ask again', 5)
    }
    log(
      'error',
      `${context.req.method} ${context.req.path} failed: ${error.stack ?? messageOf(error)}`,
    )
    return errorAnswer(context, 500, 'internal', 'The store failed; its log says why')
  })
  return app
}
