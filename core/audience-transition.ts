// A membership transition as a canonical event (design 3.2 and 3.9): with that the whole ledger serves audiences.
import { createHash } from 'node:crypto'
import type { CanonicalEvent, CanonicalUser } from './canonical-event.ts'
import type { JsonObject } from './json.ts'

export const AUDIENCE_ENTERED = 'audience_entered'
export const AUDIENCE_EXITED = 'audience_exited'

/** `consent`, `repaired`: nothing changed but what a destination should be told. `separated`: a merge was undone. */
export type TransitionReason =
  | 'stated'
  | 'expired'
  | 'deleted'
  | 'merged'
  | 'separated'
  | 'consent'
  | 'repaired'

export interface AudienceTransition {
  readonly environment: string
  readonly audience: {
    /** The file's id, else the key: what triggers call it. */
    readonly id: string
    readonly key: string | null
    readonly name: string | null
    readonly computationId: string | null
    readonly externalAudienceId: string | null
    /** Tells audiences apart, also those of one key. */
    readonly identity: string
  }
  /** Who: `p:` and a profile's id, or an identifier nobody is known by. */
  readonly subject: string
  readonly isMember: boolean
  readonly reason: TransitionReason
  /** Instant for which it was computed, ISO 8601 in UTC. */
  readonly computedAt: string
  /** How often the same change of the same person was noticed before; 0 but after merges. */
  readonly repeats: number
  /** The message that stated it. */
  readonly messageId: string
  readonly userId: string | null
  readonly anonymousId: string | null
  readonly user: CanonicalUser
  readonly mappingVersion: string
}

/** Reason of a transition that would tell its destination what it has. */
export const UNCHANGED = 'unchanged'

/** True for the event of a transition, whatever its direction. */
export function isTransition({ tracklayer_event: name }: Pick<CanonicalEvent, 'tracklayer_event'>) {
  return name === AUDIENCE_ENTERED || name === AUDIENCE_EXITED
}

/** Who leaves is taken off everywhere, whatever they say about consent. */
export function isRemoval({ tracklayer_event: name }: Pick<CanonicalEvent, 'tracklayer_event'>) {
  return name === AUDIENCE_EXITED
}

/** The same change told as a removal: of a member who withdrew the consent that a destination needs. */
export function asRemoval(event: CanonicalEvent): CanonicalEvent {
  if (isRemoval(event)) return event
  return {
    ...event,
    segment_event: 'Audience Exited',
    tracklayer_event: AUDIENCE_EXITED,
    properties: { ...event.properties, is_member: false, reason: 'consent_withdrawn' },
  }
}

export function transitionEvent(transition: AudienceTransition): CanonicalEvent {
  const { audience, isMember, reason } = transition
  const properties: JsonObject & { event_id: string } = {
    event_id: transitionEventId(transition),
    audience_id: audience.id,
    audience_key: audience.key,
    audience_name: audience.name,
    computation_id: audience.computationId,
    ...(audience.externalAudienceId === null
      ? {}
      : { external_audience_id: audience.externalAudienceId }),
    is_member: isMember,
    reason,
  }
  return {
    segment_event: isMember ? 'Audience Entered' : 'Audience Exited',
    tracklayer_event: isMember ? AUDIENCE_ENTERED : AUDIENCE_EXITED,
    message_id: transition.messageId,
    occurred_at: transition.computedAt,
    canonical_user_id: transition.userId,
    anonymous_id: transition.anonymousId,
    user: transition.user,
    consent: null,
    context: {},
    properties,
    mapping_version: transition.mappingVersion,
  }
}

/** The same for the same change, however often and in whatever order it is found out. */
function transitionEventId(transition: AudienceTransition): string {
  const { environment, audience, subject, computedAt, isMember, repeats } = transition
  const direction = isMember ? 'entered' : 'exited'
  const parts = [environment, audience.identity, subject, computedAt, direction]
  if (repeats > 0) parts.push(String(repeats))
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  return `aud_${digest.slice(0, 40)}`
}
