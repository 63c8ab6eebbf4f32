// POST /open_api/v1.3/segment/mapping/: people in and out of audiences that "/segment/audience/" made.
import type { RequestClient } from '@segment/actions-core'
import type { Direction } from '../audience-members/sync-members.ts'
import type { Sent } from '../vendor-answers/send-batch.ts'
import { COLUMNS, type TikTokMember } from './build-member.ts'
import type { Settings } from './generated-types.ts'
import { callTikTok, readAudienceAnswer } from './tiktok.ts'

export async function postMembers(
  request: RequestClient,
  settings: Settings,
  { audienceId, isMember }: Direction,
  members: readonly TikTokMember[],
): Promise<Sent> {
  const schema = COLUMNS.filter((column) => members.some((member) => member[column] !== undefined))
  const answer = await callTikTok(request, settings, {
    method: 'post',
    path: 'segment/mapping/',
    json: {
      advertiser_ids: [settings.advertiserId],
      action: isMember ? 'add' : 'delete',
      id_schema: schema,
      // A row has a place for each column of the schema; an empty object where the person has no such id.
      batch_data: members.map((member) =>
        schema.map((column) => {
          const id = member[column]
          return id === undefined ? {} : { id, audience_ids: [audienceId] }
        }),
      ),
    },
  })
  return { verdict: readAudienceAnswer(answer, settings), body: answer.body }
}
