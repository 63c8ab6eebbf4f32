// People on and off a list. On: the bulk import knows a person by address, number or own id, makes the profile when there is
// none, and puts it on the list; profiles whose id is known go straight. Off: only ids will do, so they are looked up first.
// Being on a list gives no consent to be written to, and leaving one withdraws none.
import type { RequestClient } from '@segment/actions-core'
import type { JsonObject } from '../../core/json.ts'
import type { Direction } from '../audience-members/sync-members.ts'
import type { Sent } from '../vendor-answers/send-batch.ts'
import type { Failure } from '../vendor-answers/verdict.ts'
import type { KlaviyoMember } from './build-member.ts'
import { findProfiles } from './find-profiles.ts'
import type { Settings } from './generated-types.ts'
import { callKlaviyo, type KlaviyoCall, readKlaviyoFailure } from './klaviyo.ts'

interface Row {
  readonly position: number
  readonly member: KlaviyoMember
}

/** What of a batch goes into one request; `rows` are the positions of its rows in the batch. */
interface Step extends KlaviyoCall {
  readonly rows: readonly number[]
}

export async function postMembers(
  request: RequestClient,
  settings: Settings,
  { audienceId, isMember }: Direction,
  members: readonly KlaviyoMember[],
): Promise<Sent> {
  const rows = members.map((member, position) => ({ position, member }))
  const known = rows.filter(({ member }) => member.id !== undefined)
  const others = rows.filter(({ member }) => member.id === undefined)
  if (isMember) {
    return send(request, settings, [
      ...(others.length > 0 ? [importStep(audienceId, others)] : []),
      ...(known.length > 0 ? [listStep('post', audienceId, known)] : []),
    ])
  }
  const found = await findProfiles(
    request,
    settings,
    others.map(({ member }) => member),
  )
  if ('kind' in found) return { verdict: found, body: null }
  const leaving = others.flatMap(({ position, member }): Row[] => {
    const id = found.idOf(member)
    return id === undefined ? [] : [{ position, member: { id } }]
  })
  const all = unique([...known, ...leaving])
  // Nobody of them has a profile: they are off the list already.
  return send(request, settings, all.length > 0 ? [listStep('delete', audienceId, all)] : [])
}

const importStep = (listId: string, rows: readonly Row[]): Step => ({
  method: 'post',
  path: 'profile-bulk-import-jobs',
  rows: rows.map(({ position }) => position),
  json: {
    data: {
      type: 'profile-bulk-import-job',
      attributes: {
        profiles: {
          data: rows.map(({ member }) => ({
            type: 'profile',
            attributes: { ...member },
          })),
        },
      },
      relationships: { lists: { data: [{ type: 'list', id: listId }] } },
    },
  },
})

const listStep = (method: 'post' | 'delete', listId: string, rows: readonly Row[]): Step => ({
  method,
  path: `lists/${encodeURIComponent(listId)}/relationships/profiles`,
  rows: rows.map(({ position }) => position),
  json: { data: rows.map(({ member }) => ({ type: 'profile', id: member.id })) },
})

function unique(rows: readonly Row[]): readonly Row[] {
  const byId = new Map(rows.map((row) => [row.member.id, row]))
  return [...byId.values()]
}

// Each step may be done again, so the failure of the second is the failure of both.
async function send(
  request: RequestClient,
  settings: Settings,
  steps: readonly Step[],
): Promise<Sent> {
  let body: JsonObject | null = null
  for (const step of steps) {
    const answer = await callKlaviyo(request, settings, step)
    const failure: Failure | null = readKlaviyoFailure(answer, settings, step.rows)
    if (failure) return { verdict: failure, body: answer.body }
    // The import's answer holds the id of its job, which an audit can ask for.
    body ??= answer.body
  }
  return { verdict: { kind: 'accepted' }, body }
}
