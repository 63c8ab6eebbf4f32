// Makes a destination of a file: a signed webhook, the return path to the source function, or an actions-core definition.
import { canonicalJson } from '../core/canonical-json.ts'
import type { ConsentCatalogue } from '../core/consent-catalogue.ts'
import type { DestinationFile, ReturnsFile } from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { compileTrigger } from '../core/mapping-kit/compile-trigger.ts'
import { returnMessage } from '../core/return-message.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import {
  createConfirm,
  createDefinitionDelivery,
  readsAudiences,
} from './definition-destination.ts'
import type { DeliveryResult, Destination } from './destination.ts'
import { createTokenSource, type TokenStore } from './host/token-source.ts'
import { OWN_DEFINITIONS } from './own-definitions.ts'
import { type SenderOptions, signedPost } from './signed-post.ts'

export interface DestinationOptions extends Omit<SenderOptions, 'signer'> {
  readonly name: string
  readonly account: string
  readonly environment: string
  readonly file: DestinationFile
  /** The file's settings with their `${NAME}` filled. */
  readonly settings: Readonly<Record<string, string>>
  readonly returns: ReturnsFile
  readonly catalogue: ConsentCatalogue
  /** Keeps the tokens of definitions that sign in with OAuth 2. */
  readonly tokenStore?: TokenStore | undefined
}

/** @throws TrackLayerError SETTINGS_INVALID naming the destination and the setting */
export function createDestination(options: DestinationOptions): Destination {
  const { name, environment, file } = options
  const timeoutMs = file.limits.timeout_seconds * 1000
  return {
    name,
    environment,
    concurrency: file.limits.concurrency,
    batchSize: file.limits.batch_size ?? 1,
    ratePerSecond: file.limits.rate_per_second ?? Number.POSITIVE_INFINITY,
    receives: file.receives,
    readsAudiences: readsAudiences(file),
    timeoutMs,
    leaseMs: timeoutMs + file.limits.record_seconds * 1000,
    schedule: {
      baseMs: file.retry.base_seconds * 1000,
      capMs: file.retry.cap_seconds * 1000,
      maxAttempts: file.retry.max_attempts,
    },
    ...deliveryOf(options, timeoutMs),
  }
}

function deliveryOf(
  options: DestinationOptions,
  timeoutMs: number,
): Pick<Destination, 'deliver' | 'deliverBatch' | 'confirm'> {
  const { definition: slug } = options.file
  if (slug === 'webhook' || slug === 'segment-return') {
    const target = { url: httpUrl(options), timeoutMs }
    const { account, environment } = options
    const sender = { ...options, signer: { account, environment, secrets: secretsOf(options) } }
    return {
      deliver:
        slug === 'webhook'
          ? triggered(options.file, webhook(sender, target))
          : segmentReturn(sender, target, options.returns),
    }
  }
  const definition = OWN_DEFINITIONS[slug]
  if (!definition) {
    const known = ['webhook', 'segment-return', ...Object.keys(OWN_DEFINITIONS)].join(', ')
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `Destination "${options.name}": no definition "${slug}"; want one of ${known}`,
    )
  }
  const tokens = createTokenSource({ ...options, definition, timeoutMs })
  const hosted = { ...options, definition, tokens }
  const deliverBatch = createDefinitionDelivery(hosted)
  const confirm = createConfirm(hosted)
  return {
    ...(confirm ? { confirm } : {}),
    deliverBatch,
    deliver: async (delivery) => (await deliverBatch([delivery]))[0] as DeliveryResult,
  }
}

/** Without subscriptions every event is meant for a webhook; with some, those that a trigger of theirs takes. */
function triggered({ subscriptions }: DestinationFile, deliver: Deliver): Deliver {
  if (subscriptions.length === 0) return deliver
  const triggers = subscriptions.map(({ trigger }) => compileTrigger(trigger))
  return async (delivery) =>
    triggers.some((matches) => matches(delivery.canonical as unknown as JsonObject))
      ? deliver(delivery)
      : { kind: 'filtered', reason: 'trigger' }
}

type Deliver = (delivery: ClaimedDelivery) => Promise<DeliveryResult>
interface Target {
  readonly url: string
  readonly timeoutMs: number
}

function webhook(sender: SenderOptions, target: Target): Deliver {
  return ({ canonical, canonicalUserId }) =>
    signedPost(sender, {
      ...target,
      idempotencyKey: `${canonical.tracklayer_event}:${canonical.properties.event_id}`,
      body: JSON.stringify({ event: { ...canonical, canonical_user_id: canonicalUserId } }),
      canonical,
    })
}

function segmentReturn(
  sender: SenderOptions,
  target: Target,
  { returns, integrations }: ReturnsFile,
): Deliver {
  return async ({ canonical, canonicalUserId }) => {
    const name = canonical.tracklayer_event
    // A sender chooses the name: `constructor` must find no row.
    const row = Object.hasOwn(returns, name) ? returns[name] : undefined
    if (!row) return { kind: 'filtered', reason: 'trigger' }
    const { environment } = sender.signer
    const message = returnMessage(canonical, {
      event: row.event,
      environment,
      canonicalUserId,
      integrations,
    })
    if (message === null) return { kind: 'filtered', reason: 'no_identifier' }
    return signedPost(sender, {
      ...target,
      idempotencyKey: String(message.messageId),
      // The host sorts the keys of what it hands to the function: only canonical text can be verified there.
      body: canonicalJson({ batch: [message] }),
      canonical,
    })
  }
}

function httpUrl({ name, settings }: DestinationOptions): string {
  const { url } = settings
  if (url && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `Destination "${name}": setting "url" is no http(s) address`,
  )
}

// Several secrets, comma-separated, sign side by side while the receiver changes from one to the next.
function secretsOf({ name, settings }: DestinationOptions): string[] {
  const secrets = (settings.secret ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter(Boolean)
  if (secrets.length > 0) return secrets
  throw new TrackLayerError('SETTINGS_INVALID', `Destination "${name}": setting "secret" is empty`)
}
