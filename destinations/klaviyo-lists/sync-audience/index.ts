import type { ActionDefinition, RequestClient } from '@segment/actions-core'
import {
  addressFields,
  batchingFields,
  changeFields,
  contactFields,
  TRANSITIONS,
} from '../../audience-members/fields.ts'
import { type SyncPlan, syncBatch, syncOne } from '../../audience-members/sync-members.ts'
import { buildKlaviyoMember, type KlaviyoMember } from '../build-member.ts'
import type { Settings } from '../generated-types.ts'
import { MAX_MEMBERS } from '../limits.ts'
import { postMembers } from '../post-members.ts'
import type { Payload } from './generated-types.ts'

const syncAudience: ActionDefinition<Settings, Payload> = {
  title: 'Sync audience',
  description: 'Put people on a Klaviyo list and take them off it.',
  defaultSubscription: TRANSITIONS,
  fields: {
    ...changeFields,
    profile_id: {
      label: 'Profile id',
      description: 'Id of the profile in Klaviyo, where it is known.',
      type: 'string',
    },
    ...contactFields,
    country: addressFields.country,
    ...batchingFields(MAX_MEMBERS, ['external_audience_id']),
  },
  perform: (request, { payload, settings }) => syncOne(payload, planOf(request, settings)),
  performBatch: (request, { payload, settings }) => syncBatch(payload, planOf(request, settings)),
}

const planOf = (request: RequestClient, settings: Settings): SyncPlan<Payload, KlaviyoMember> => ({
  maxMembers: MAX_MEMBERS,
  build: buildKlaviyoMember,
  send: (members, direction) => postMembers(request, settings, direction, members),
})

export default syncAudience
