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
import { buildMetaMember, type MetaMember } from '../build-member.ts'
import type { Settings } from '../generated-types.ts'
import { MAX_MEMBERS } from '../limits.ts'
import { postMembers } from '../post-members.ts'
import type { Payload } from './generated-types.ts'

const syncAudience: ActionDefinition<Settings, Payload> = {
  title: 'Sync audience',
  description: 'Add people to a custom audience and remove them from it.',
  defaultSubscription: TRANSITIONS,
  fields: {
    ...changeFields,
    ...contactFields,
    ...nameFields,
    city: {
      label: 'City',
      description: 'City of the address, hashed before it leaves.',
      type: 'string',
      default: { '@path': '$.user.city' },
    },
    region: {
      label: 'Region',
      description: 'State or region of the address, hashed before it leaves.',
      type: 'string',
      default: { '@path': '$.user.region' },
    },
    ...addressFields,
    mobile_advertising_id: {
      label: 'Mobile advertising id',
      description: 'IDFA or Android advertising id, as it is.',
      type: 'string',
    },
    ...batchingFields(MAX_MEMBERS, ['external_audience_id']),
  },
  perform: (request, { payload, settings }) => syncOne(payload, planOf(request, settings)),
  performBatch: (request, { payload, settings }) => syncBatch(payload, planOf(request, settings)),
}

const planOf = (request: RequestClient, settings: Settings): SyncPlan<Payload, MetaMember> => ({
  maxMembers: MAX_MEMBERS,
  build: buildMetaMember,
  send: (members, direction) => postMembers(request, settings, direction, members),
})

export default syncAudience
