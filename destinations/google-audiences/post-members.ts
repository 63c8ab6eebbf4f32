// POST /v1/audienceMembers:ingest and :remove. What the requestId in the answer came to, `requestStatus:retrieve` tells
// (google-data-manager/request-status.ts).
import type { RequestClient } from '@segment/actions-core'
import type { Direction } from '../audience-members/sync-members.ts'
import { accountsOf } from '../google-data-manager/settings-rules.ts'
import type { Sent } from '../vendor-answers/send-batch.ts'
import type { Consent, GoogleMember } from './build-member.ts'
import { callDataManager, readDataManagerAnswer } from './data-manager.ts'
import type { Settings } from './generated-types.ts'
import { assertTermsAccepted } from './terms.ts'

export interface MembersRequest extends Direction {
  readonly members: readonly GoogleMember[]
  readonly consent: Consent | undefined
}

export async function postMembers(
  request: RequestClient,
  settings: Settings,
  accessToken: string | undefined,
  { audienceId, isMember, members, consent }: MembersRequest,
): Promise<Sent> {
  if (isMember) assertTermsAccepted(settings)
  const answer = await callDataManager(request, settings, accessToken, {
    method: 'post',
    path: `audienceMembers:${isMember ? 'ingest' : 'remove'}`,
    json: {
      destinations: [{ ...accountsOf(settings), productDestinationId: audienceId }],
      audienceMembers: members,
      // RemoveAudienceMembersRequest has neither consent nor terms.
      ...(isMember && consent ? { consent } : {}),
      encoding: 'HEX',
      ...(isMember ? { termsOfService: { customerMatchTermsOfServiceStatus: 'ACCEPTED' } } : {}),
      ...(isOn(settings.validate_only) ? { validateOnly: true } : {}),
    } as never,
  })
  return { verdict: readDataManagerAnswer(answer), body: answer.body }
}

// A file's settings are texts.
const isOn = (value: unknown) => value === true || value === 'true'
