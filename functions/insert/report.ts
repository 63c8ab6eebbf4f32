// Violations on their way to a source of their own, one `Violation Generated` each, as Protocols forwards them
// (segment.md 7). The report never holds up or loses the event it speaks of: a failure is said in the function's log.
import { messageOf } from '../../core/errors.ts'
import { sha256Hex } from '../../core/identity-fields/digest.ts'
import type { JsonObject } from '../../core/json.ts'
import { LOOP_ORIGIN } from '../../core/loop-mark.ts'
import type { PlanVerdict } from '../../core/tracking-plan/violation.ts'
import plan from '../../mappings/tracking-plan.yaml'
import * as host from '../host.ts'
import type { InsertSettings } from './settings.ts'

// The host halts a call after 5 s, and the event must still be returned.
const TIMEOUT_MS = 2000

// Plain http only to this machine: the write key goes along.
const SAFE_URL = /^(https:\/\/[^/\s@?#\\]+|http:\/\/(localhost|127(\.\d{1,3}){3})(:\d+)?)$/i

interface Judged {
  readonly event: JsonObject
  readonly verdict: PlanVerdict | null
}

export async function reportViolations(
  judged: readonly Judged[],
  { violationsWriteKey, trackingApi }: InsertSettings,
): Promise<void> {
  if (violationsWriteKey === '') return
  const batch = judged.flatMap(reportsOf)
  if (batch.length === 0) return
  const failed = SAFE_URL.test(trackingApi)
    ? await post(`${trackingApi}/v1/batch`, { batch, writeKey: violationsWriteKey })
    : 'setting "trackingApi" must be an https:// address'
  if (failed) host.warn(`Cannot report ${batch.length} violation(s): ${failed}`)
}

/** Null when it went well. */
async function post(url: string, body: object): Promise<string | null> {
  try {
    const { status } = await host.post(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      timeout: TIMEOUT_MS,
      redirect: 'manual',
    })
    return status === 200 ? null : `the Tracking API answered ${status}, want 200`
  } catch (error) {
    return messageOf(error)
  }
}

function reportsOf({ event, verdict }: Judged): JsonObject[] {
  return (verdict?.violations ?? []).map(({ type, field, description }) => ({
    type: 'track',
    event: 'Violation Generated',
    userId: 'schema-violations',
    // Of the violation, not of the call: the same report through two functions, or at a retry, counts once.
    messageId: `sch-${digest([event.messageId, type, field])}`,
    properties: {
      eventMessageID: event.messageId,
      eventName: event.event ?? event.type,
      eventType: event.type,
      eventTimestamp: event.timestamp,
      eventSentAt: event.sentAt,
      trackingPlanName: plan.name,
      trackingPlanVersion: plan.version,
      action: verdict?.action,
      violationType: type,
      violationField: field,
      violationDescription: description,
    },
    // The loop mark: a plan before that source has nothing to say of it.
    context: { tracklayer: { origin: LOOP_ORIGIN } },
  }))
}

function digest(parts: readonly unknown[]): string {
  return sha256Hex(JSON.stringify(parts)).slice(0, 40)
}
