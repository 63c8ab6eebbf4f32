// Where every message enters the workspace, over HTTP or directly: checked, stamped, counted, handed on.
import type { Clock, Random } from '../../core/clock.ts'
import { type JsonObject, textOf } from '../../core/json.ts'
import { normalise } from './normalise.ts'
import { createRecentIds } from './recent-ids.ts'

export type RejectReason =
  | 'unknown_write_key'
  | 'no_type'
  | 'no_event'
  | 'no_user_anon_id'
  | 'message_too_large'
  | 'batch_too_large'
  | 'duplicate'
  | 'invalid_json'
  | 'not_an_object'

export interface IntakeCounts {
  /** Messages that arrived: accepted and rejected together. */
  readonly received: number
  readonly accepted: number
  readonly rejected: Readonly<Partial<Record<RejectReason, number>>>
}

export interface Rejection {
  readonly reason: RejectReason
  readonly messageId: string | null
  readonly source: string | null
}

export type Acceptance =
  | { readonly kind: 'accepted'; readonly messageId: string }
  | { readonly kind: 'rejected'; readonly reason: RejectReason }

export interface IntakeOptions {
  readonly clock: Clock
  readonly random: Random
  /** The source with this write key. */
  readonly sourceOf: (writeKey: string) => string | undefined
  /**
   * Drops a message whose id was seen within `dedupWindowMs` (24 h). Off by default: the host's own is only about 99 %
   * effective, so what stands behind it must hold without it.
   */
  readonly dedup: boolean
  readonly dedupWindowMs: number
  readonly onAccepted: (message: JsonObject, source: string) => void
  readonly onRejected: (rejection: Rejection) => void
}

export interface Intake {
  accept(writeKey: string, message: JsonObject, ip?: string | null): Acceptance
  /** Counts messages that are refused before they can be looked at one by one. */
  reject(reason: RejectReason, count?: number): void
  knows(writeKey: string): boolean
  counts(): IntakeCounts
}

const TYPES = new Set(['identify', 'track', 'page', 'screen', 'group', 'alias', 'delete'])
/** Facts 6. */
export const MESSAGE_LIMIT_BYTES = 32 * 1024

export function createIntake(options: IntakeOptions): Intake {
  const { clock, random } = options
  const recent = createRecentIds(clock, options.dedupWindowMs)
  const rejected: Partial<Record<RejectReason, number>> = {}
  let accepted = 0

  function refuse(reason: RejectReason, raw: JsonObject, source: string | null): Acceptance {
    reject(reason)
    options.onRejected({ reason, messageId: textOf(raw.messageId), source })
    return { kind: 'rejected', reason }
  }

  function reject(reason: RejectReason, count = 1) {
    rejected[reason] = (rejected[reason] ?? 0) + count
  }

  return {
    reject,
    knows: (writeKey) => options.sourceOf(writeKey) !== undefined,
    accept(writeKey, raw, ip = null) {
      const source = options.sourceOf(writeKey)
      if (source === undefined) return refuse('unknown_write_key', raw, null)
      const fault = faultOf(raw)
      if (fault) return refuse(fault, raw, source)
      const arrival = { receivedAt: clock.now(), ip, random, projectId: source }
      const message = normalise(raw, arrival)
      const messageId = String(message.messageId)
      if (options.dedup && !recent.add(messageId)) return refuse('duplicate', raw, source)
      accepted += 1
      options.onAccepted(message, source)
      return { kind: 'accepted', messageId }
    },
    counts() {
      const refused = Object.values(rejected).reduce((sum, count) => sum + count, 0)
      return { received: accepted + refused, accepted, rejected: { ...rejected } }
    },
  }
}

function faultOf(raw: JsonObject): RejectReason | null {
  if (!TYPES.has(String(raw.type))) return 'no_type'
  if (textOf(raw.userId) === null && textOf(raw.anonymousId) === null) return 'no_user_anon_id'
  if (raw.type === 'track' && textOf(raw.event) === null) return 'no_event'
  const isTooLarge = Buffer.byteLength(JSON.stringify(raw)) > MESSAGE_LIMIT_BYTES
  return isTooLarge ? 'message_too_large' : null
}
