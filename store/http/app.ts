// The store's HTTP API.
import { Hono } from 'hono'
import type { AudienceTable } from '../../core/audience-table.ts'
import type { DestinationFile } from '../../core/destination-schema.ts'
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import type { MappingTable } from '../../core/mapping-table.ts'
import type { Access, Principal } from '../access.ts'
import type { Database } from '../database.ts'
import type { DeliverySide, DestinationSetups } from '../delivery-side.ts'
import { createKeyRing, type KeyRing } from '../key-ring.ts'
import { AUDIT_LOG_DAYS } from '../retention.ts'
import type { NewToken } from '../sessions.ts'
import { errorAnswer, tryAgainAnswer } from './errors.ts'
import { requireAccess } from './require-access.ts'
import { addApiKeyRoutes } from './routes/api-keys.ts'
import { addAudienceAuditRoutes } from './routes/audience-audit.ts'
import { addAudienceSizeRoutes } from './routes/audience-sizes.ts'
import { addAudienceRoutes } from './routes/audiences.ts'
import { addAuditLogRoutes } from './routes/audit-log.ts'
import { addConsentRoutes } from './routes/consents.ts'
import { addDeadLetterRoutes } from './routes/dead-letters.ts'
import { addDeliveryRoutes } from './routes/deliveries.ts'
import { addDestinationRoutes } from './routes/destinations.ts'
import { addEventRoutes } from './routes/events.ts'
import { addLedgerRoutes } from './routes/ledger.ts'
import { addMappingRoutes } from './routes/mappings.ts'
import { addMessageRoutes } from './routes/messages.ts'
import { addOpenApiRoute } from './routes/openapi.ts'
import { addOperationRoutes } from './routes/operation.ts'
import { addOverviewRoutes } from './routes/overview.ts'
import { addProfileRoutes } from './routes/profiles.ts'
import { addReplayRoutes } from './routes/replays.ts'
import { addRetentionRoutes } from './routes/retention.ts'
import { addSecretRoutes } from './routes/secrets.ts'
import { addSegmentRoutes } from './routes/segment.ts'
import { addSessionRoutes } from './routes/sessions.ts'
import { addViolationRoutes } from './routes/violations.ts'

export type Log = (level: 'info' | 'warn' | 'error', message: string) => void

export interface StoreOptions {
  readonly database: Database
  readonly access: Access
  readonly table: MappingTable
  /** Event names that the tracking plan says have no row on purpose; none by default. */
  readonly namesWithoutRow?: ReadonlySet<string>
  /** mappings/destinations/*.yaml by name, for whoever reads what they send; none by default. */
  readonly destinationFiles?: ReadonlyMap<string, DestinationFile>
  /** Names of the destinations active in an environment: each gets a ledger row for every event. */
  readonly destinationsOf: (environment: string) => readonly string[]
  /** Those of them that get the transitions of audiences and no event. */
  readonly audienceOnly?: readonly string[]
  /** mappings/audiences.yaml; without it every audience is unlisted. */
  readonly audiences?: AudienceTable
  /** Secrets and keys of the database beside those of `access`; without it, known from the first change or list on. */
  readonly keys?: KeyRing
  /** Days the audit log is kept. */
  readonly auditLogDays?: number
  /** Rehearses deliveries for replays; without it their destinations count as not on. */
  readonly deliverySide?: DeliverySide
  /** How destinations are set up, and a way to try them; without it nothing is known of that here. */
  readonly destinationSetups?: DestinationSetups
  /** Makes the tokens of sessions and sign-in links: 256 bits that nobody can guess. */
  readonly newToken: NewToken
  /** Aborted when the store stops: streams end, which would keep its server open. */
  readonly stopping?: AbortSignal
  readonly log: Log
}

/** What routes are made of. `access` is what the ring says. */
export type StoreParts = StoreOptions & Required<Pick<StoreOptions, 'keys' | 'auditLogDays'>>

/** What every route under /v1 knows once access was checked. */
export type StoreEnv = { Variables: { environment: string; principal: Principal } }
export type StoreApp = Hono<StoreEnv>

export function createStoreApp(given: StoreOptions): StoreApp {
  const keys = given.keys ?? createKeyRing(given)
  const options: StoreParts = { auditLogDays: AUDIT_LOG_DAYS, ...given, keys, access: keys.access }
  const { database, log } = options
  const app = new Hono<StoreEnv>()
  app.use('/v1/*', requireAccess(keys, database))
  for (const addRoutes of [
    addSegmentRoutes,
    addOperationRoutes,
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
    addApiKeyRoutes,
    addAuditLogRoutes,
    addRetentionRoutes,
    addDeadLetterRoutes,
    addReplayRoutes,
    addViolationRoutes,
    addOpenApiRoute,
    addMappingRoutes,
    addConsentRoutes,
    addDeliveryRoutes,
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
