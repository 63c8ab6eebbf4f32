// A destination that posts events signed and as they are: the webhook, alone or in batches, and the return path to the source
// function, alone.
import { isRemoval, UNCHANGED } from '../core/audience-transition.ts'
import { canonicalJson } from '../core/canonical-json.ts'
import type { ConsentCatalogue } from '../core/consent-catalogue.ts'
import type { DestinationFile, ReturnsFile } from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { attemptsInDoubt } from '../core/replay.ts'
import { type ReturnFacts, returnMessage, returnTraits } from '../core/return-message.ts'
import { eventPayload, type StoredEventSent } from '../store/attempt-request.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import { EVENTS_A_TURN, turn } from '../store/turns.ts'
import { chunksOf } from './chunks.ts'
import { compileCondition, firstMatch } from './conditions.ts'
import type { Deliver, DeliveryResult, Destination } from './destination.ts'
import { createGate } from './gate.ts'
import { createRequestTurns, inHalves, inTurn, type TurnOptions } from './host/request-turns.ts'
import { recordedPayload } from './recorded-payload.ts'
import { notSent, type Post, type SenderOptions, signedPost } from './signed-post.ts'
import { withdrawn } from './told.ts'

export interface WebhookOptions extends Pick<SenderOptions, 'transport' | 'clock'> {
  readonly name: string
  readonly account: string
  readonly environment: string
  readonly file: DestinationFile
  /** The file's settings with their `${NAME}` filled. */
  readonly settings: Readonly<Record<string, string>>
  readonly returns: ReturnsFile
  readonly catalogue: ConsentCatalogue
}

export function isWebhook(definition: string): boolean {
  return definition === 'webhook' || definition === 'segment-return'
}

/** @throws TrackLayerError SETTINGS_INVALID naming the setting and the fix */
export function createWebhook(options: WebhookOptions): Pick<Destination, 'deliver' | 'returns'> {
  const { file, returns } = options
  assertPlain(file)
  const sender = senderOf(options)
  if (file.definition === 'webhook')
    return { deliver: delivering(options, sender, () => true, eventPost) }
  // A sender chooses the name: `constructor` must find no row.
  const isMeant = ({ canonical }: ClaimedDelivery) =>
    Object.hasOwn(returns.returns, canonical.tracklayer_event)
  const post = returnPost(sender, returns)
  return { returns, deliver: delivering(options, sender, isMeant, post) }
}

// What would be ignored is refused.
function assertPlain({ definition, limits, oauth, addresses, ...file }: DestinationFile): void {
  const isFilled = (value: object) => Object.keys(value).length > 0
  const ignored = {
    'limits.batch_size': definition === 'segment-return' && limits.batch_size > 1,
    mapping: [file, ...file.subscriptions].some(({ mapping }) => isFilled(mapping)),
    batch_keys: file.subscriptions.some(({ batch_keys }) => batch_keys !== undefined),
    addresses: isFilled(addresses),
    oauth: oauth !== undefined,
  }
  const alone = definition === 'segment-return' ? ' alone and' : ''
  for (const [key, isThere] of Object.entries(ignored)) {
    if (!isThere) continue
    const message = `${key} does nothing for definition: ${definition}, which posts each event${alone} as it is; remove it`
    throw new TrackLayerError('SETTINGS_INVALID', message)
  }
}

function senderOf(options: WebhookOptions): SenderOptions {
  const { account, environment, file, transport, clock } = options
  return {
    transport,
    clock,
    signer: { account, environment, secrets: secretsOf(options) },
    url: httpUrl(options),
    timeoutMs: file.limits.timeout_seconds * 1000,
    inBatches: file.limits.batch_size > 1,
  }
}

type Decision = DeliveryResult | Decided

/** To be posted. */
interface Decided extends Post {
  readonly kind: 'post'
  readonly evidence?: JsonObject
}

type PostOf = (delivery: ClaimedDelivery) => Decision

function delivering(
  options: WebhookOptions,
  sender: SenderOptions,
  isMeant: (delivery: ClaimedDelivery) => boolean,
  postOf: PostOf,
): Deliver {
  const { clock, file } = options
  const { batch_size: batchSize, concurrency } = file.limits
  const decide = createDecide(options, isMeant, postOf)
  const turns = createRequestTurns(concurrency, clock)
  return async (deliveries) => {
    const results: DeliveryResult[] = []
    const placed: Placed[] = []
    for (const [place, delivery] of deliveries.entries()) {
      if (place > 0 && place % EVENTS_A_TURN === 0) await turn()
      const decision = decide(delivery)
      if (decision.kind !== 'post') results[place] = decision
      else placed.push({ place, doubts: doubtsOf(delivery), post: decision })
    }
    const beginBy = clock.now() + sender.timeoutMs
    const deliverTogether = async (together: readonly Placed[]) => {
      const posts = together.map(({ post }) => post)
      const sent = await send(sender, { turns, beginBy }, posts)
      together.forEach(({ place, post: { evidence } }, at) => {
        const result = sent[at] as DeliveryResult
        results[place] = evidence ? { ...result, evidence } : result
      })
    }
    await Promise.all(requestsOf(placed, batchSize).map(deliverTogether))
    return results
  }
}

interface Placed {
  readonly place: number
  readonly doubts: number
  readonly post: Decided
}

// An attempt that may have reached the receiver may also have been what broke it.
function doubtsOf({ earlier }: ClaimedDelivery): number {
  return earlier ? attemptsInDoubt(earlier) : 0
}

// What goes into one request. A receiver may fall over one event and answer for all: what failed so goes with half as many each
// time, and at last alone. One that was away, or had enough, comes back to whole batches.
function requestsOf(placed: readonly Placed[], batchSize: number): (readonly Placed[])[] {
  const bySize = new Map<number, Placed[]>()
  for (const each of placed) {
    const size = Math.max(1, Math.floor(batchSize / 2 ** each.doubts))
    const alike = bySize.get(size) ?? []
    bySize.set(size, alike)
    alike.push(each)
  }
  return [...bySize].flatMap(([size, alike]) => chunksOf(alike, size))
}

// In a turn; what is refused as a whole goes once more in halves.
async function send(
  sender: SenderOptions,
  turns: Omit<TurnOptions, 'clock'>,
  posts: readonly Post[],
): Promise<readonly DeliveryResult[]> {
  const sent = await inTurn({ ...turns, clock: sender.clock }, () => signedPost(sender, posts))
  if (sent === null) return posts.map((post) => notSent(sender, post))
  return sent === 'split' ? inHalves(posts, (half) => send(sender, turns, half)) : sent
}

// Without subscriptions every event is meant for it; with some, those that a trigger of theirs takes.
function createDecide(
  options: WebhookOptions,
  isMeant: (delivery: ClaimedDelivery) => boolean,
  postOf: PostOf,
): PostOf {
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
  return function decide(delivery): Decision {
    const passage = gate(delivery)
    if (passage.kind !== 'passed') {
      const isDenied = passage.kind === 'filtered' && passage.reason === 'consent_denied'
      const removal = isDenied ? withdrawn(delivery) : null
      if (!removal) return passage
      return { ...decide(removal), evidence: { ...passage.evidence, sent_as: 'exited' } }
    }
    const decision = postOf(delivery)
    if (!isTold) return decision
    return { ...decision, evidence: { ...passage.evidence, ...decision.evidence } }
  }
}

const EVERYTHING = { name: 'every event' }

function eventPost(delivery: ClaimedDelivery): Decision {
  const { canonical, stored, canonicalUserId, membership } = delivery
  if (membership?.isUnchanged && !isRemoval(canonical))
    return { kind: 'filtered', reason: UNCHANGED }
  const payload = eventPayload(canonical, canonicalUserId)
  const text = JSON.stringify(payload)
  return {
    kind: 'post',
    text,
    recorded: (): StoredEventSent | object =>
      canonical === stored
        ? { stored_event: { canonical_user_id: canonicalUserId } }
        : recordedPayload(payload, text),
    idempotencyKey: `${canonical.tracklayer_event}:${canonical.properties.event_id}`,
    canonical,
  }
}

function returnPost(sender: SenderOptions, { returns, integrations }: ReturnsFile): PostOf {
  return ({ canonical, canonicalUserId, returning }) => {
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
    // The host sorts the keys of what it hands to the function: only canonical text can be verified there.
    const text = canonicalJson({ batch: traits ? [message, traits] : [message] })
    return {
      kind: 'post',
      text,
      recorded: () => recordedPayload(message, text),
      idempotencyKey: String(message.messageId),
      canonical,
      ...(returning ? { evidence: evidenceOf(returning) } : {}),
    }
  }
}

function evidenceOf({ at, audiences, related }: ReturnFacts): JsonObject {
  return {
    as_of: at,
    audiences: [...audiences],
    ...(related ? { related_event_id: related.eventId } : {}),
  }
}

function httpUrl({ name, settings }: WebhookOptions): string {
  const { url } = settings
  if (url && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `Destination "${name}": setting "url" is no http(s) address`,
  )
}

// Several secrets, comma-separated, sign side by side while the receiver changes from one to the next.
function secretsOf({ name, settings }: WebhookOptions): string[] {
  const secrets = (settings.secret ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter(Boolean)
  if (secrets.length > 0) return secrets
  throw new TrackLayerError('SETTINGS_INVALID', `Destination "${name}": setting "secret" is empty`)
}
