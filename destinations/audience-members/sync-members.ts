// perform and performBatch of every audience destination: a request for each audience, direction and consent, and one
// result for each change. Adding a member again and removing a stranger change nothing anywhere, so all of it may be resent.
import { MultiStatusResponse } from '@segment/actions-core'
import type { JsonObject } from '../../core/json.ts'
import {
  type Built,
  type SendPlan,
  type Sent,
  sendBatch,
  sendOne,
} from '../vendor-answers/send-batch.ts'
import { arrange, type Change, type Group } from './arrange.ts'

export interface SyncPlan<Payload extends Change, Member extends object> {
  readonly maxMembers: number
  build(payload: Payload): Built<Member>
  /** Changes with different answers cannot share a request. */
  consentOf?(payload: Payload): string
  /** `sample` is a payload of the request: what is the same for all of them is read from it. */
  send(members: readonly Member[], direction: Direction, sample: Payload): Promise<Sent>
}

export type Direction = Omit<Group, 'positions'>

/** @throws PayloadValidationError, or the error of the request (vendor-answers/verdict.ts) */
export function syncOne<Payload extends Change, Member extends object>(
  payload: Payload,
  plan: SyncPlan<Payload, Member>,
): Promise<JsonObject> {
  const { external_audience_id: audienceId, is_member: isMember } = payload
  return sendOne(payload, requestPlan(plan, { audienceId, isMember }, payload))
}

/** @throws the error of the request when there is but one; of several, each answers for its own changes */
export async function syncBatch<Payload extends Change, Member extends object>(
  payloads: readonly Payload[],
  plan: SyncPlan<Payload, Member>,
): Promise<MultiStatusResponse> {
  const { groups, overtaken } = arrange(payloads, plan.consentOf ?? (() => ''))
  const results = new MultiStatusResponse()
  for (const group of groups) {
    const part = group.positions.map((position) => payloads[position] as Payload)
    const request = requestPlan(plan, group, part[0] as Payload)
    const answers = await sendBatch(part, request).catch((error: Error) => {
      if (groups.length === 1) throw error
      return failed(part.length, error)
    })
    for (const [at, position] of group.positions.entries()) {
      results.pushResponseObjectAtIndex(position, answers.getResponseAtIndex(at))
    }
  }
  for (const [position, later] of overtaken) {
    results.pushResponseObjectAtIndex(position, results.getResponseAtIndex(later))
  }
  return results
}

function requestPlan<Payload extends Change, Member extends object>(
  plan: SyncPlan<Payload, Member>,
  { audienceId, isMember }: Direction,
  sample: Payload,
): SendPlan<Payload, Member> {
  return {
    maxEvents: plan.maxMembers,
    build: (payload) =>
      // In a batch actions-core lets an empty string pass as a required one.
      payload.external_audience_id
        ? plan.build(payload)
        : { kind: 'invalid', reason: `"${payload.audience_key}" has no remote audience yet` },
    groupOf: () => '',
    send: (members) => plan.send(members, { audienceId, isMember }, sample),
  }
}

interface Hints {
  readonly status?: number
  readonly code?: string
  readonly split?: boolean
}

// A group that asks to be split is sent again: alone then, its error surfaces and the host halves it.
function failed(count: number, error: Error): MultiStatusResponse {
  const { status, code, split } = error as Hints
  const results = new MultiStatusResponse()
  for (let at = 0; at < count; at++) {
    results.setErrorResponseAtIndex(at, {
      status: split || status === undefined ? 503 : status,
      // The union of actions-core's own codes is not the union of ours.
      ...(code === undefined ? {} : { errortype: code as never }),
      errormessage: error.message,
    })
  }
  return results
}
