// POST and DELETE /{audience}/users: "Custom Audience Users". A request is a session of its own.
import type { RequestClient } from '@segment/actions-core'
import { sha256Hex } from '../../core/identity-fields/digest.ts'
import type { Direction } from '../audience-members/sync-members.ts'
import type { Sent } from '../vendor-answers/send-batch.ts'
import { COLUMNS, type MetaMember } from './build-member.ts'
import type { Settings } from './generated-types.ts'
import { callGraph } from './graph.ts'
import { readMembersAnswer } from './read-answer.ts'

export async function postMembers(
  request: RequestClient,
  settings: Settings,
  { audienceId, isMember }: Direction,
  members: readonly MetaMember[],
): Promise<Sent> {
  const schema = COLUMNS.filter((column) => members.some((member) => member[column] !== undefined))
  const answer = await callGraph(request, settings, {
    method: isMember ? 'post' : 'delete',
    path: `${encodeURIComponent(audienceId)}/users`,
    json: {
      session: {
        session_id: sessionId(audienceId, isMember, members),
        batch_seq: 1,
        last_batch_flag: true,
        estimated_num_total: members.length,
      },
      payload: {
        schema,
        // "In case a key is unknown, it should be left blank."
        data: members.map((member) => schema.map((column) => member[column] ?? '')),
      },
    },
  })
  return {
    verdict: readMembersAnswer(answer, members.length, settings.accessToken),
    body: answer.body,
  }
}

/**
 * A number that is the same when the same changes are sent again, and another when a person enters a second time: a session
 * that is closed takes no further batch. 52 bits of a digest: what a JSON number carries exactly.
 */
function sessionId(audienceId: string, isMember: boolean, members: readonly MetaMember[]): number {
  const seed = JSON.stringify([audienceId, isMember, members])
  return Number.parseInt(sha256Hex(seed).slice(0, 13), 16)
}
