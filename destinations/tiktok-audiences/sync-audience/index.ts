import type { ActionDefinition, RequestClient } from '@segment/actions-core'
import {
  addressFields,
  batchingFields,
  changeFields,
  contactFields,
  TRANSITIONS,
} from '../../audience-members/fields.ts'
import { type SyncPlan, syncBatch, syncOne } from '../../audience-members/sync-members.ts'
import { buildTikTokMember, type TikTokMember } from '../build-member.ts'
import type { Settings } from '../generated-types.ts'
import { MAX_MEMBERS } from '../limits.ts'
import { postMembers } from '../post-members.ts'
import type { Payload } from './generated-types.ts'

const syncAudience: ActionDefinition<Settings, Payload> = {
  title: 'Sync audience',
  description: 'Add people to a TikTok audience and remove them from it.',
  defaultSubscription: TRANSITIONS,
  fields: {
    ...changeFields,
    ...contactFields,
    country: addressFields.country,
    idfa: {
      label: 'IDFA',
      description: 'Advertising id of iOS, as it is, or its SHA-256.',
      type: 'string',
    },
    gaid: {
      label: 'GAID',
      description: 'Advertising id of Android, as it is, or its SHA-256.',
      type: 'string',
    },
    ...batchingFields(MAX_MEMBERS, ['external_audience_id']),
  },
  perform: (request, { payload, settings }) => syncOne(payload, planOf(request, settings)),
  performBatch: (request, { payload, settings }) => syncBatch(payload, planOf(request, settings)),
}

const planOf = (request: RequestClient, settings: Settings): SyncPlan<Payload, TikTokMember> => ({
  maxMembers: MAX_MEMBERS,
  build: buildTikTokMember,
  send: (members, direction) => postMembers(request, settings, direction, members),
})

export default syncAudience
