// Makes a destination of a file: a signed webhook, the return path to the source function, or an actions-core definition.
import type { Clock } from '../core/clock.ts'
import type { DestinationFile } from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import { repeatRuleOf } from '../core/replay.ts'
import { readsAudiences } from './conditions.ts'
import { createConfirm, createDefinitionDelivery } from './definition-destination.ts'
import type { Destination } from './destination.ts'
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
import { createWebhook, isWebhook, type WebhookOptions } from './webhook.ts'

export interface DestinationOptions extends WebhookOptions {
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
  // The last of several requests begins within one timeout and has one of its own. A remote audience is made within the
  // claim of its first members.
  const making = file.receives === 'audiences' ? 1 : 0
  const timeouts = isWebhook(file.definition) && file.limits.batch_size === 1 ? 1 : 2
  const timeoutMs = file.limits.timeout_seconds * 1000 * (timeouts + making)
  return {
    name,
    environment,
    concurrency: file.limits.concurrency,
    batchSize: file.limits.batch_size,
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

function consentOf({ consent }: DestinationFile): Pick<Destination, 'consent'> {
  if (!consent || consent.categories.length === 0) return {}
  const { categories, require, unknown, hold, when = null } = consent
  return { consent: { categories, require, unknown, hold_ms: hold, when } }
}

function rehearsal(slug: string): Pick<DestinationOptions, 'tokens' | 'run'> {
  const isSpoken = !Object.hasOwn(OWN_DEFINITIONS, slug) || canBeRehearsed(slug)
  return { tokens: PREVIEW_TOKENS, ...(isSpoken ? {} : { run: runNothing }) }
}

function deliveryOf(
  options: DestinationOptions,
): Pick<Destination, 'deliver' | 'confirm' | 'remote' | 'returns'> {
  const { definition: slug, limits } = options.file
  const timeoutMs = limits.timeout_seconds * 1000
  if (isWebhook(slug)) return createWebhook(options)
  const hosted = hostedOf(options)
  const { definition } = hosted
  const tokens =
    options.tokens ??
    createTokenSource({ ...options, definition, timeoutMs }) ??
    staticToken(hosted, options)
  const definitionOptions = { ...options, hosted, tokens }
  const confirm = createConfirm(definitionOptions)
  const remote = createRemoteCalls(definitionOptions)
  return {
    ...(remote ? { remote } : {}),
    ...(confirm ? { confirm } : {}),
    deliver: createDefinitionDelivery(definitionOptions),
  }
}

/** `webhook`, `segment-return` and our own definitions; every other name is looked for in the package. */
function isOurs(slug: string): boolean {
  return isWebhook(slug) || Object.hasOwn(OWN_DEFINITIONS, slug)
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
    deliver: async (deliveries) =>
      deliveries.map(() => ({
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
      })),
  }
}
