// The insert function: tracking plan, then PII policy, before anything leaves Segment (segment.md 1.9). Before a
// destination it also meets batches; before a source's destinations only single messages. Holds no state.
import { isJsonObject, type JsonObject, objectAt } from '../../core/json.ts'
import { isOwnReturn, LOOP_ORIGIN } from '../../core/loop-mark.ts'
import { changeAt } from '../../core/pii/paths.ts'
import { withFindings } from '../../core/tracking-plan/plan.ts'
import type { PlanVerdict } from '../../core/tracking-plan/violation.ts'
import { protect } from '../../mappings/pii.yaml'
import plan from '../../mappings/tracking-plan.yaml'
import * as host from '../host.ts'
import { reportViolations } from './report.ts'
import { type InsertSettings, readSettings, type Settings } from './settings.ts'

export const onTrack = handleOne
export const onIdentify = handleOne
export const onIdentity = handleOne
export const onPage = handleOne
export const onScreen = handleOne
export const onGroup = handleOne
export const onAlias = handleOne
export const onDelete = handleOne

/**
 * As many events as came, in the order they came: the host pairs what is returned with what it sent by position alone.
 * A batch offers no way to drop one event, so what the plan blocks stays in its place without its content.
 */
export async function onBatch(events: readonly unknown[], settings: Settings): Promise<unknown[]> {
  const known = readSettings(settings)
  const judged = events.map((event) => (isJsonObject(event) ? judge(event, known) : null))
  await reportViolations(
    judged.filter((one) => one !== null),
    known,
  )
  return judged.map((one, place) => {
    if (!one) return events[place]
    return one.verdict?.action === 'block' ? emptied(one.event, one.verdict) : one.event
  })
}

async function handleOne(event: unknown, settings: Settings): Promise<JsonObject> {
  if (!isJsonObject(event)) throw host.invalid('want a message: an object with a type')
  const known = readSettings(settings)
  const judged = judge(event, known)
  await reportViolations([judged], known)
  if (judged.verdict?.action === 'block') throw host.drop(reasonOf(judged.verdict))
  return judged.event
}

interface Judged {
  /** After plan and policy. */
  readonly event: JsonObject
  readonly verdict: PlanVerdict | null
}

function judge(event: JsonObject, { destination, raw }: InsertSettings): Judged {
  const verdict = isOwnReturn(event) ? null : plan.check(event)
  const checked = verdict ? withFindings(withoutOmitted(event, verdict), verdict) : event
  return { event: protect(checked, destination, raw), verdict }
}

function withoutOmitted(event: JsonObject, { omitted }: PlanVerdict): JsonObject {
  return omitted.reduce<JsonObject>(
    (rest, keys) => changeAt(rest, keys, () => undefined) as JsonObject,
    event,
  )
}

/** What no mapping of a destination takes for the event it was. */
const BLOCKED_EVENT = 'Blocked by Tracking Plan'

function emptied(event: JsonObject, verdict: PlanVerdict): JsonObject {
  const { properties: _, traits: __, ...rest } = event
  return {
    ...rest,
    ...(event.type === 'track'
      ? { event: BLOCKED_EVENT, properties: { blocked_event: event.event } }
      : {}),
    // The mark of what TrackLayer made itself: the destination function lets it end there.
    context: {
      ...objectAt(withFindings({}, verdict), 'context'),
      tracklayer: { origin: LOOP_ORIGIN },
    },
    integrations: { All: false },
  }
}

function reasonOf({ violations }: PlanVerdict): string {
  return `Blocked by the tracking plan: ${violations.map(({ description }) => description).join('; ')}`
}
