// The destination definitions of this reach: a signed webhook, and the return path to the source function.
import { canonicalJson } from '../core/canonical-json.ts'
import type { DestinationFile, ReturnsFile } from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import { returnMessage } from '../core/return-message.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import type { DeliveryResult, Destination } from './destination.ts'
import { type SenderOptions, signedPost } from './signed-post.ts'

export interface DestinationOptions extends Omit<SenderOptions, 'signer'> {
  readonly name: string
  readonly account: string
  readonly environment: string
  readonly file: DestinationFile
  /** The file's settings with their `${NAME}` filled. */
  readonly settings: Readonly<Record<string, string>>
  readonly returns: ReturnsFile
}

/** @throws TrackLayerError SETTINGS_INVALID naming the destination and the setting */
export function createDestination(options: DestinationOptions): Destination {
  const { name, environment, file } = options
  const timeoutMs = file.limits.timeout_seconds * 1000
  const target = { url: httpUrl(options), timeoutMs }
  const sender = {
    ...options,
    signer: { account: options.account, environment, secrets: secretsOf(options) },
  }
  const deliver =
    file.definition === 'webhook'
      ? webhook(sender, target)
      : segmentReturn(sender, target, options.returns)
  return {
    name,
    environment,
    concurrency: file.limits.concurrency,
    timeoutMs,
    leaseMs: timeoutMs + file.limits.record_seconds * 1000,
    schedule: {
      baseMs: file.retry.base_seconds * 1000,
      capMs: file.retry.cap_seconds * 1000,
      maxAttempts: file.retry.max_attempts,
    },
    deliver,
  }
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
    })
}

function segmentReturn(
  sender: SenderOptions,
  target: Target,
  { returns, integrations }: ReturnsFile,
): Deliver {
  return async ({ canonical, canonicalUserId }) => {
    const row = returns[canonical.tracklayer_event]
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
