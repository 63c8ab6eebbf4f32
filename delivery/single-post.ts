// A destination that posts each event alone, signed and as it is: the webhook, and the return path to the source function.
import { isRemoval, UNCHANGED } from '../core/audience-transition.ts'
import { canonicalJson } from '../core/canonical-json.ts'
import type { ConsentCatalogue } from '../core/consent-catalogue.ts'
import type { DestinationFile, ReturnsFile } from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { type ReturnFacts, returnMessage, returnTraits } from '../core/return-message.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import { compileCondition, firstMatch } from './conditions.ts'
import type { DeliveryResult, Destination } from './destination.ts'
import { createGate } from './gate.ts'
import { type SenderOptions, signedPost } from './signed-post.ts'
import { withdrawn } from './told.ts'

export interface SinglePostOptions extends Omit<SenderOptions, 'signer'> {
  readonly name: string
  readonly account: string
  readonly environment: string
  readonly file: DestinationFile
  /** The file's settings with their `${NAME}` filled. */
  readonly settings: Readonly<Record<string, string>>
  readonly returns: ReturnsFile
  readonly catalogue: ConsentCatalogue
}

export function isSinglePost(definition: string): boolean {
  return definition === 'webhook' || definition === 'segment-return'
}

/** @throws TrackLayerError SETTINGS_INVALID naming the setting and the fix */
export function createSinglePost(
  options: SinglePostOptions,
): Pick<Destination, 'deliver' | 'returns'> {
  const { file, account, environment, returns } = options
  assertPlain(file)
  const target = { url: httpUrl(options), timeoutMs: file.limits.timeout_seconds * 1000 }
  const sender = { ...options, signer: { account, environment, secrets: secretsOf(options) } }
  if (file.definition === 'webhook')
    return { deliver: gated(options, () => true, webhook(sender, target)) }
  // A sender chooses the name: `constructor` must find no row.
  const isMeant = ({ canonical }: ClaimedDelivery) =>
    Object.hasOwn(returns.returns, canonical.tracklayer_event)
  return { returns, deliver: gated(options, isMeant, segmentReturn(sender, target, returns)) }
}

// What would be ignored is refused.
function assertPlain(file: DestinationFile): void {
  const { definition, subscriptions } = file
  const isFilled = (value: object) => Object.keys(value).length > 0
  const ignored = {
    'limits.batch_size': file.limits.batch_size > 1,
    mapping: [file, ...subscriptions].some(({ mapping }) => isFilled(mapping)),
    batch_keys: subscriptions.some(({ batch_keys }) => batch_keys !== undefined),
    addresses: isFilled(file.addresses),
    oauth: file.oauth !== undefined,
  }
  for (const [key, isThere] of Object.entries(ignored)) {
    if (!isThere) continue
    const message = `${key} does nothing for definition: ${definition}, which posts each event alone and as it is; remove it`
    throw new TrackLayerError('SETTINGS_INVALID', message)
  }
}

type Deliver = (delivery: ClaimedDelivery) => Promise<DeliveryResult>
interface Target {
  readonly url: string
  readonly timeoutMs: number
}

// Without subscriptions every event is meant for it; with some, those that a trigger of theirs takes.
function gated(
  options: SinglePostOptions,
  isMeant: (delivery: ClaimedDelivery) => boolean,
  post: Deliver,
): Deliver {
  const { file } = options
  const subscriptions = file.subscriptions.map(({ name, trigger }) => ({
    name,
    matches: compileCondition(trigger),
  }))
  const gate = createGate({
    ...options,
    subscriptionOf: (delivery) => {
      if (!isMeant(delivery)) return undefined
      return subscriptions.length > 0 ? firstMatch(subscriptions, delivery) : EVERYTHING
    },
  })
  // Where the file asks for nothing there is nothing to tell.
  const isTold = file.consent !== undefined || subscriptions.length > 0
  return async function deliver(delivery): Promise<DeliveryResult> {
    const passage = gate(delivery)
    if (passage.kind !== 'passed') {
      const isDenied = passage.kind === 'filtered' && passage.reason === 'consent_denied'
      const removal = isDenied ? withdrawn(delivery) : null
      if (!removal) return passage
      return { ...(await deliver(removal)), evidence: { ...passage.evidence, sent_as: 'exited' } }
    }
    const result = await post(delivery)
    return isTold ? { ...result, evidence: { ...passage.evidence, ...result.evidence } } : result
  }
}

const EVERYTHING = { name: 'every event' }

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
    const row = returns[canonical.tracklayer_event]
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

function httpUrl({ name, settings }: SinglePostOptions): string {
  const { url } = settings
  if (url && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `Destination "${name}": setting "url" is no http(s) address`,
  )
}

// Several secrets, comma-separated, sign side by side while the receiver changes from one to the next.
function secretsOf({ name, settings }: SinglePostOptions): string[] {
  const secrets = (settings.secret ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter(Boolean)
  if (secrets.length > 0) return secrets
  throw new TrackLayerError('SETTINGS_INVALID', `Destination "${name}": setting "secret" is empty`)
}
