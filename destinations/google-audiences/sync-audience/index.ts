import type { ActionDefinition, RequestClient } from '@segment/actions-core'
import {
  addressFields,
  batchingFields,
  changeFields,
  contactFields,
  nameFields,
  TRANSITIONS,
} from '../../audience-members/fields.ts'
import { type SyncPlan, syncBatch, syncOne } from '../../audience-members/sync-members.ts'
import { identityFields } from '../../google-data-manager/fields.ts'
import { buildGoogleMember, type GoogleMember, requestConsent } from '../build-member.ts'
import type { Settings } from '../generated-types.ts'
import { MAX_MEMBERS } from '../limits.ts'
import { postMembers } from '../post-members.ts'
import type { Payload } from './generated-types.ts'

const { ad_user_data, ad_personalization } = identityFields

const syncAudience: ActionDefinition<Settings, Payload> = {
  title: 'Sync audience',
  description: 'Add people to a Customer Match list and remove them from it.',
  defaultSubscription: TRANSITIONS,
  fields: {
    ...changeFields,
    ...contactFields,
    ...nameFields,
    ...addressFields,
    ad_user_data: ad_user_data as NonNullable<typeof ad_user_data>,
    ad_personalization: ad_personalization as NonNullable<typeof ad_personalization>,
    ...batchingFields(MAX_MEMBERS, ['external_audience_id', 'ad_user_data', 'ad_personalization']),
  },
  perform: (request, { payload, settings, auth }) =>
    syncOne(payload, planOf(request, settings, auth?.accessToken)),
  performBatch: (request, { payload, settings, auth }) =>
    syncBatch(payload, planOf(request, settings, auth?.accessToken)),
}

function planOf(
  request: RequestClient,
  settings: Settings,
  accessToken: string | undefined,
): SyncPlan<Payload, GoogleMember> {
  return {
    maxMembers: MAX_MEMBERS,
    build: buildGoogleMember,
    // Removals are asked for no consent: all of them share a request.
    consentOf: (payload) =>
      payload.is_member ? `${payload.ad_user_data} ${payload.ad_personalization}` : '',
    send: (members, direction, sample) =>
      postMembers(request, settings, accessToken, {
        ...direction,
        members,
        consent: requestConsent(sample),
      }),
  }
}

export default syncAudience
