// Makes a destination of a file: a signed webhook, the return path to the source function, or an actions-core definition.
import { canonicalJson } from '../core/canonical-json.ts'
import type { DestinationFile, ReturnsFile } from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { RepeatRule } from '../core/replay.ts'
import { returnMessage } from '../core/return-message.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import { createDefinitionDelivery } from './definition-destination.ts'
import type { DeliveryResult, Destination } from './destination.ts'
import type { runDefinition } from './host/run-definition.ts'
import { createTokenSource } from './host/token-source.ts'
import { canBeRehearsed, OWN_DEFINITIONS } from './own-definitions.ts'
import { createPreview, runNothing } from './preview.ts'
import { type SenderOptions, signedPost } from './signed-post.ts'

export interface DestinationOptions extends Omit<SenderOptions, 'signer'> {
  readonly name: string
  readonly account: string
  readonly environment: string
  readonly file: DestinationFile
  /** The file's settings with their `${NAME}` filled. */
  readonly settings: Readonly<Record<string, string>>
  readonly returns: ReturnsFile
  /** Runs a definition's action; see definition-destination. */
  readonly run?: typeof runDefinition
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
    timeoutMs,
    leaseMs: timeoutMs + file.limits.record_seconds * 1000,
    schedule: {
      baseMs: file.retry.base_seconds * 1000,
      capMs: file.retry.cap_seconds * 1000,
      maxAttempts: file.retry.max_attempts,
    },
    repeatRule: repeatRuleOf(file),
    ...deliveryOf(options, timeoutMs),
    preview: createPreview((transport) => {
      const rehearsed = { ...options, ...rehearsal(file.definition), transport }
      return deliveryOf(rehearsed, timeoutMs).deliver
    }),
  }
}

function rehearsal(slug: string): Pick<DestinationOptions, 'run'> {
  return Object.hasOwn(OWN_DEFINITIONS, slug) && !canBeRehearsed(slug) ? { run: runNothing } : {}
}

function repeatRuleOf({ recognises_repeats: rule }: DestinationFile): RepeatRule | null {
  if (!rule) return null
  return { by: rule.by, events: rule.events ?? null, withinMs: rule.within ?? null }
}

function deliveryOf(
  options: DestinationOptions,
  timeoutMs: number,
): Pick<Destination, 'deliver' | 'deliverBatch'> {
  const { definition: slug } = options.file
  if (slug === 'webhook' || slug === 'segment-return') {
    const target = { url: httpUrl(options), timeoutMs }
    const { account, environment } = options
    const sender = { ...options, signer: { account, environment, secrets: secretsOf(options) } }
    return {
      deliver:
        slug === 'webhook'
          ? webhook(sender, target)
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
  const auth = createTokenSource({ ...options, definition, timeoutMs })
  const deliverBatch = createDefinitionDelivery({ ...options, definition, auth })
  return {
    deliverBatch,
    deliver: async (delivery) => (await deliverBatch([delivery]))[0] as DeliveryResult,
  }
}

type Deliver = (delivery: ClaimedDelivery) => Promise<DeliveryResult>
interface Target {
  readonly url: string
  readonly timeoutMs: number
}

function webhook(sender: SenderOptions, target: Target): Deliver {
  return ({ canonical, canonicalUserId }) => {
    const payload = { event: { ...canonical, canonical_user_id: canonicalUserId } }
    return signedPost(sender, {
      ...target,
      idempotencyKey: `${canonical.tracklayer_event}:${canonical.properties.event_id}`,
      body: JSON.stringify(payload),
      payload: payload as unknown as JsonObject,
      canonical,
    })
  }
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
      payload: message,
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
