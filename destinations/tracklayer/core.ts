// The door to TrackLayer's core: signing, canonicalising, the loop guard and the reading of Engage are the same code as in the
// destination function. Nothing else in this folder imports another room.
import { readAudienceChange } from '../../core/audience-change.ts'
import { TrackLayerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import {
  isStopped,
  type Prepared,
  prepareMessage,
  type SendResult,
  sendPrepared,
} from '../../core/send-messages.ts'
import type { StoreLink } from '../../core/store-link.ts'
import { createAudienceObject, findAudienceObject, ping } from '../../core/store-questions.ts'
import { readStoreSettings } from '../../core/store-settings.ts'
import table from '../../mappings/events.yaml'
import { protect } from '../../mappings/pii.yaml'
import type { Core, Data, MessageResult } from './contract.ts'

const core: Core = {
  connect: (settings, post, now): StoreLink => {
    const { allowlist, ...others } = settings as { readonly allowlist?: unknown }
    const names = typeof allowlist === 'string' ? allowlist.split(/[,\n]/) : []
    const trimmed = names.map((name) => name.trim())
    return {
      settings: readStoreSettings({ ...others, allowlist: trimmed }, 'destination'),
      post,
      now,
    }
  },
  async send(link: StoreLink, messages, as) {
    const prepare = as === 'membership' ? prepareMembership : prepareAny
    const prepared = messages.map((message) => prepare(message as JsonObject, link))
    const unread = prepared.map((item) => (typeof item === 'string' ? refused(item) : null))
    const sent = await sendPrepared(
      prepared.filter((item) => typeof item !== 'string'),
      link,
    )
    let next = 0
    // sendPrepared answers for each or throws.
    return unread.map((refusal) => refusal ?? resultOf(sent[next++] as SendResult))
  },
  ping: (link: StoreLink) => ping(link),
  createAudience: (link: StoreLink, audience) =>
    createAudienceObject(link, { ...audience, settings: audience.settings as JsonObject }),
  findAudience: (link: StoreLink, id) => findAudienceObject(link, id),
  computedTrait(message: Data) {
    const reading = readAudienceChange(message as JsonObject)
    return reading?.kind === 'trait' ? reading.trait : null
  },
  failure: (code, message) => new TrackLayerError(code, message),
  codeOf: (error) => (error instanceof TrackLayerError ? error.code : null),
}

export default core

function prepareAny(message: JsonObject, { settings }: StoreLink): Prepared {
  return prepareMessage(message, { table, allowlist: settings.allowlist, protect: protectIt })
}

// A row of reverse ETL is no audience to the canonicaliser; whoever maps it to an audience says that it is one. The allowlist
// names events, and a membership is none.
function prepareMembership(message: JsonObject): Prepared | string {
  const prepared = prepareMessage(message, { table, allowlist: null, protect: protectIt })
  if (isStopped(prepared)) return prepared
  const reading = readAudienceChange(message)
  if (reading === null) return 'the message is about no audience; want context.personas'
  if (reading.kind === 'fault') return reading.reason
  if (reading.kind === 'trait')
    return 'a computed trait is no membership; send it with the action Identify User'
  return { message: prepared.message, kind: 'audience', canonical: null, warnings: [] }
}

// Keyed actions want a setting that this destination does not have; see pii-key.ts.
function protectIt(message: JsonObject): JsonObject {
  return protect(message, 'tracklayer', null)
}

function refused(reason: string): MessageResult {
  return { kind: 'refused', status: 400, reason }
}

function resultOf(result: SendResult): MessageResult {
  if (isStopped(result))
    return result.kind === 'filtered'
      ? { kind: 'filtered', reason: result.reason }
      : refused(result.reason)
  const { status, stored, errormessage: reason = '' } = result
  if (status === 200) {
    const { outcome = 'accepted', event_id: eventId } = stored ?? {}
    return { kind: 'stored', outcome, ...(eventId === undefined ? {} : { eventId }) }
  }
  return status >= 500 ? { kind: 'again', reason } : { kind: 'refused', status, reason }
}
