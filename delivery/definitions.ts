// Makes a destination of a file: a signed webhook, the return path to the source function, or an actions-core definition.
import { isRemoval, UNCHANGED } from '../core/audience-transition.ts'
import { canonicalJson } from '../core/canonical-json.ts'
import type { Clock } from '../core/clock.ts'
import type { ConsentCatalogue } from '../core/consent-catalogue.ts'
import type { DestinationFile, ReturnsFile } from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { repeatRuleOf } from '../core/replay.ts'
import { type ReturnFacts, returnMessage, returnTraits } from '../core/return-message.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import { compileCondition, conditionContext, readsAudiences } from './conditions.ts'
import { createConfirm, createDefinitionDelivery } from './definition-destination.ts'
import type { DeliveryResult, Destination } from './destination.ts'
import {
  type HostedDefinition,
  hostOwnDefinition,
  hostPackageDefinition,
} from './host/hosted-definition.ts'
import { ACCESS_TOKEN } from './host/package-settings.ts'
import { createRemoteCalls } from './host/remote-calls.ts'
import { createRequestClient } from './host/request-client.ts'
import type { runDefinition } from './host/run-definition.ts'
import { createTokenSource, type TokenSource, type TokenStore } from './host/token-source.ts'
import { canBeRehearsed, OWN_DEFINITIONS } from './own-definitions.ts'
import { createPreview, PREVIEW_TOKENS, runNothing } from './preview.ts'
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
  /** Of a rehearsal, which has no tokens of its own; see preview.ts. */
  readonly tokens?: TokenSource
  /** Runs a definition's action; see definition-destination. */
  readonly run?: typeof runDefinition
}

/** @throws TrackLayerError SETTINGS_INVALID naming the destination and the setting */
export function createDestination(options: DestinationOptions): Destination {
  const frame = frameOf(options)
  try {
    const preview = createPreview((transport) => {
      const rehearsed = { ...options, ...rehearsal(options.file.definition), transport }
      return deliveryOf(rehearsed).deliver
    })
    return { ...frame, ...deliveryOf(options), preview }
  } catch (error) {
    if (!(error instanceof TrackLayerError)) throw error
    const place = `Destination "${options.name}"`
    if (error.message.startsWith(place)) throw error
    const message = `${place} (mappings/destinations/${options.name}.yaml): ${error.message}`
    throw new TrackLayerError(error.code, message, { cause: error.cause })
  }
}

function frameOf({ name, environment, file }: DestinationOptions) {
  // A definition's last request begins within one timeout, as the others of its batch, and has one of its own. A remote
  // audience is made within the claim of its first members.
  const making = file.receives === 'audiences' ? 1 : 0
  const timeouts = isSinglePost(file.definition) ? 1 : 2
  const timeoutMs = file.limits.timeout_seconds * 1000 * (timeouts + making)
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
    repeatRule: repeatRuleOf(file),
    whenAnswerLost: file.when_answer_lost,
    ...consentOf(file),
  }
}

// A single post asks nobody: its file has no subscriptions to decide for.
function consentOf({ definition, consent }: DestinationFile): Pick<Destination, 'consent'> {
  if (!consent || isSinglePost(definition) || consent.categories.length === 0) return {}
  const { categories, require, unknown, hold, when = null } = consent
  return { consent: { categories, require, unknown, hold_ms: hold, when } }
}

function rehearsal(slug: string): Pick<DestinationOptions, 'tokens' | 'run'> {
  const isSpoken = !Object.hasOwn(OWN_DEFINITIONS, slug) || canBeRehearsed(slug)
  return { tokens: PREVIEW_TOKENS, ...(isSpoken ? {} : { run: runNothing }) }
}

function deliveryOf(
  options: DestinationOptions,
): Pick<Destination, 'deliver' | 'deliverBatch' | 'confirm' | 'remote' | 'returns'> {
  const { definition: slug, limits } = options.file
  const timeoutMs = limits.timeout_seconds * 1000
  if (isSinglePost(slug)) {
    const target = { url: httpUrl(options), timeoutMs }
    const { account, environment } = options
    const sender = { ...options, signer: { account, environment, secrets: secretsOf(options) } }
    if (slug === 'webhook') return { deliver: triggered(options.file, webhook(sender, target)) }
    const { returns } = options
    return { returns, deliver: segmentReturn(sender, target, returns) }
  }
  const hosted = hostedOf(options)
  const { definition } = hosted
  const tokens =
    options.tokens ??
    createTokenSource({ ...options, definition, timeoutMs }) ??
    staticToken(hosted, options)
  const definitionOptions = { ...options, hosted, tokens }
  const deliverBatch = createDefinitionDelivery(definitionOptions)
  const confirm = createConfirm(definitionOptions)
  const remote = createRemoteCalls(definitionOptions)
  return {
    ...(remote ? { remote } : {}),
    ...(confirm ? { confirm } : {}),
    deliverBatch,
    deliver: async (delivery) => (await deliverBatch([delivery]))[0] as DeliveryResult,
  }
}

/** Without subscriptions every event is meant for a webhook; with some, those that a trigger of theirs takes. */
function triggered({ subscriptions }: DestinationFile, deliver: Deliver): Deliver {
  if (subscriptions.length === 0) return deliver
  const triggers = subscriptions.map(({ trigger }) => compileCondition(trigger))
  return async (delivery) =>
    triggers.some((matches) =>
      matches(delivery.canonical as unknown as JsonObject, conditionContext(delivery)),
    )
      ? deliver(delivery)
      : { kind: 'filtered', reason: 'trigger' }
}

/** `webhook`, `segment-return` and our own definitions; every other name is looked for in the package. */
function isOurs(slug: string): boolean {
  return isSinglePost(slug) || Object.hasOwn(OWN_DEFINITIONS, slug)
}

/** One signed request for one event. */
function isSinglePost(slug: string): boolean {
  return slug === 'webhook' || slug === 'segment-return'
}

function hostedOf({ file, settings, transport }: DestinationOptions): HostedDefinition {
  const { definition: name } = file
  const own = Object.hasOwn(OWN_DEFINITIONS, name) ? OWN_DEFINITIONS[name] : undefined
  if (own) return hostOwnDefinition(own, settings)
  const timeoutMs = file.limits.timeout_seconds * 1000
  const hosted = hostPackageDefinition({
    name,
    settings,
    createRequestClient: (defaults) =>
      createRequestClient({
        transport,
        timeoutMs,
        defaults,
        addresses: file.addresses,
        onAnswer: () => {},
      }),
  })
  if (hosted) return hosted
  const known = ['webhook', 'segment-return', ...Object.keys(OWN_DEFINITIONS)].join(', ')
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `no definition "${name}"; want one of ${known}, or a slug of @segment/action-destinations, e.g. klaviyo`,
  )
}

// Some definitions sign in with OAuth 2 and cannot refresh: for those a token that lives long is a setting.
function staticToken(
  { definition, rules }: HostedDefinition,
  { settings }: DestinationOptions,
): TokenSource | undefined {
  const { scheme = '' } = definition.authentication ?? {}
  if (!rules || !scheme.startsWith('oauth')) return undefined
  const accessToken = settings[ACCESS_TOKEN]
  if (accessToken) {
    const current = async () => ({ accessToken, refreshToken: '', version: 0 })
    return { current, newerThan: refusedForGood }
  }
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `the definition signs in with OAuth 2; give oauth: { client_id, client_secret, refresh_token }, or a token that lives long as settings.${ACCESS_TOKEN}`,
  )
}

async function refusedForGood(): Promise<never> {
  const message = `the platform refuses settings.${ACCESS_TOKEN}, which cannot be refreshed; give a new one`
  throw new TrackLayerError('AUTH_REJECTED', message)
}

/**
 * As createDestination; but where a definition of the package cannot be run as the file asks, the destination is there
 * and pauses itself at its first event: nothing owed to it is lost, and the others are not touched.
 */
export function createOrPark(options: DestinationOptions): {
  readonly destination: Destination
  readonly fault: string | null
} {
  try {
    return { destination: createDestination(options), fault: null }
  } catch (error) {
    if (!(error instanceof TrackLayerError) || isOurs(options.file.definition)) throw error
    const fault = error.message
    return { destination: { ...frameOf(options), ...parked(fault, options.clock) }, fault }
  }
}

function parked(reason: string, clock: Clock): Pick<Destination, 'deliver' | 'preview'> {
  return {
    preview: async (deliveries) =>
      deliveries.map(() => ({
        kind: 'refused',
        reason,
        request: null,
        requests: [],
        evidence: null,
      })),
    deliver: async () => ({
      kind: 'failed',
      reason,
      retryable: true,
      isCredential: true,
      attempt: {
        startedAt: new Date(clock.now()),
        durationMs: 0,
        status: null,
        error: reason,
        request: {},
        response: null,
      },
    }),
  }
}

type Deliver = (delivery: ClaimedDelivery) => Promise<DeliveryResult>
interface Target {
  readonly url: string
  readonly timeoutMs: number
}

function webhook(sender: SenderOptions, target: Target): Deliver {
  return async ({ canonical, canonicalUserId, membership }) => {
    if (membership?.isUnchanged && !isRemoval(canonical))
      return { kind: 'filtered', reason: UNCHANGED }
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
  return async ({ canonical, canonicalUserId, returning }) => {
    const name = canonical.tracklayer_event
    // A sender chooses the name: `constructor` must find no row.
    const row = Object.hasOwn(returns, name) ? returns[name] : undefined
    if (!row) return { kind: 'filtered', reason: 'trigger' }
    const common = { environment: sender.signer.environment, integrations }
    const message = returnMessage(canonical, {
      ...common,
      event: row.event,
      relatedAs: row.related_as,
      canonicalUserId,
      ...returning,
    })
    if (message === null) return { kind: 'filtered', reason: 'no_identifier' }
    const traits = returning ? returnTraits(canonical, common, returning) : null
    const result = await signedPost(sender, {
      ...target,
      idempotencyKey: String(message.messageId),
      // The host sorts the keys of what it hands to the function: only canonical text can be verified there.
      body: canonicalJson({ batch: traits ? [message, traits] : [message] }),
      payload: message,
      canonical,
    })
    return returning ? { ...result, evidence: evidenceOf(returning) } : result
  }
}

function evidenceOf({ at, audiences, related }: ReturnFacts): JsonObject {
  return {
    as_of: at,
    audiences: [...audiences],
    ...(related ? { related_event_id: related.eventId } : {}),
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
