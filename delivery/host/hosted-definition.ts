// A definition with all that running it takes, whether it is ours or the published package's: one host runs both. Ours is
// trusted to group its batches, to read its answers and to check its payloads; the package's gets the host's rules.
import type { DestinationDefinition, RequestClient, RequestOptions } from '@segment/actions-core'
import type { DestinationFile } from '../../core/destination-schema.ts'
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { loadPackageModules, packageFolder } from './package-modules.ts'
import { type PackageRules, packageRules } from './package-rules.ts'
import { isVariableName, packageSettings } from './package-settings.ts'
import { type CheckPayload, createPayloadCheck } from './payload-schema.ts'

export interface HostedDefinition {
  readonly definition: DestinationDefinition<never>
  /** As the definition declares them; ours read texts. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Never shown, wherever people look. */
  readonly secrets: readonly string[]
  /** Null: ours, which needs none. */
  readonly rules: PackageRules | null
}

export interface HostedAction {
  readonly slug: string
  /** Payload fields that must be equal within one request; null where that is unknown, and a request holds one event. */
  readonly batchKeys: readonly string[] | null
  /** By `performBatch`: platforms have other limits and rules for it, so that a batch of one is not a single event. */
  readonly inBatches: boolean
  readonly check: CheckPayload | null
  /** What actions-core reads from a mapping beside the payload. */
  readonly extras: JsonObject
}

export function hostOwnDefinition(
  definition: DestinationDefinition<never>,
  settings: Readonly<Record<string, string>>,
): HostedDefinition {
  return { definition, settings, secrets: [], rules: null }
}

export interface PackageOptions {
  /** Slug or folder of the definition. */
  readonly name: string
  readonly settings: Readonly<Record<string, string>>
  readonly createRequestClient: (defaults: RequestOptions) => RequestClient
}

/** Null for a name that the package does not have. @throws TrackLayerError SETTINGS_INVALID naming the fix */
export function hostPackageDefinition(options: PackageOptions): HostedDefinition | null {
  const slug = packageFolder(options.name)
  if (slug === null) return null
  const rules = packageRules(slug)
  const reason = rules.refused?.['*']
  if (reason) throw fault(`the definition "${slug}" is not run: ${reason}`)
  const modules = load(slug, options)
  const definition = (modules.exports as { default?: DestinationDefinition<never> }).default
  if (!definition?.actions) throw fault(`the package's "${slug}" is no cloud definition`)
  const { values, secrets } = packageSettings(definition, modules.variables, options.settings)
  return { definition, settings: values, secrets, rules }
}

function load(slug: string, { settings, createRequestClient }: PackageOptions) {
  const variables = Object.fromEntries(
    Object.entries(settings).filter(([name]) => isVariableName(name)),
  )
  try {
    return loadPackageModules({
      slug,
      variables,
      createRequestClient: (...defaults) => createRequestClient(Object.assign({}, ...defaults)),
    })
  } catch (error) {
    if (error instanceof TrackLayerError) throw error
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `the package's definition "${slug}" does not load: ${messageOf(error).split('\n')[0]}; choose another definition, or install what it names`,
      { cause: error },
    )
  }
}

/**
 * An action with the mapping of a subscription.
 * @throws TrackLayerError SETTINGS_INVALID for an action that is not there, not run, or whose mapping would count twice
 */
export function hostAction(
  hosted: HostedDefinition,
  { action: slug, batch_keys: stated }: DestinationFile['subscriptions'][number],
  mapping: JsonObject,
  batchSize: number,
): HostedAction {
  const { definition, rules } = hosted
  const action = Object.hasOwn(definition.actions, slug) ? definition.actions[slug] : undefined
  if (!action) {
    const known = Object.keys(definition.actions).join(', ')
    throw fault(`no action "${slug}"; want one of ${known}`)
  }
  const { batch_keys: field } = action.fields as { batch_keys?: { default?: unknown } }
  const declared = Array.isArray(field?.default) ? field.default.map(String) : null
  const canBatch = action.performBatch !== undefined
  if (!rules) {
    const batchKeys = stated ?? declared ?? []
    return { slug, batchKeys, inBatches: canBatch, check: null, extras: {} }
  }
  const reason = rules.refused?.[slug]
  if (reason) throw fault(`action "${slug}" is not run: ${reason}`)
  assertCountedOnce(slug, Object.keys(action.fields), mapping)
  const extras = extrasOf(mapping)
  if (action.syncMode && !extras.__segment_internal_sync_mode) {
    throw fault(
      `action "${slug}" needs a sync mode; add to its mapping: __segment_internal_sync_mode: add`,
    )
  }
  const known = stated ?? rules.batchKeys?.[slug] ?? declared
  const batchKeys = canBatch && known ? known : null
  const inBatches = batchKeys !== null && batchSize > 1
  return { slug, batchKeys, inBatches, check: createPayloadCheck(slug, action.fields), extras }
}

// Names under which platforms recognise a repeat. Defaults of the package take the message's id, a random one or none.
const DEDUP_FIELDS = [
  'unique_id',
  'insert_id',
  'event_id',
  'eventId',
  'conversion_id',
  'clientDedupeId',
  'client_dedup_id',
  'externalEventId',
  'event_unique_id',
  'deduplicationId',
  'idempotency_key',
  'message_id',
  'messageId',
  'messageid',
  'transaction_id',
  'order_id',
  'orderId',
]

function assertCountedOnce(action: string, fields: readonly string[], mapping: JsonObject): void {
  const offered = DEDUP_FIELDS.filter((name) => fields.includes(name))
  if (offered.length === 0 || offered.some((name) => name in mapping)) return
  throw fault(
    `action "${action}": a repeat would count twice; add to its mapping: ${offered[0]}: { "@path": $.properties.event_id }`,
  )
}

// Constants of a mapping that are no fields of the payload: sync mode, matching key, outputs of set-up hooks.
const EXTRA = /^(__segment_internal_\w+|onMappingSave|retlOnMappingSave)$/

function extrasOf(mapping: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(mapping).filter(([name]) => EXTRA.test(name)))
}

function fault(message: string): TrackLayerError {
  return new TrackLayerError('SETTINGS_INVALID', message)
}
