// Ready-made subscriptions. Each message is for one of them: the store keeps each message id once, so of two actions for one
// message the second would state nothing.

import type { Preset } from '@segment/actions-core'
import { defaultValues } from '@segment/actions-core'
import groupUser from './groupUser/index.ts'
import identifyUser from './identifyUser/index.ts'
import syncAudience from './syncAudience/index.ts'
import trackEvent from './trackEvent/index.ts'

const CLASS = 'context.personas.computation_class'
const IS_MEMBERSHIP = `${CLASS} = "audience" or ${CLASS} = "journey_step"`
const NO_MEMBERSHIP = `${CLASS} != "audience" and ${CLASS} != "journey_step"`
// The documentation of Engage says trait, its messages say computed_trait.
const IS_TRAIT = `${CLASS} = "trait" or ${CLASS} = "computed_trait"`
const NO_TRAIT = `${CLASS} != "trait" and ${CLASS} != "computed_trait"`

const everyDay: Preset[] = [
  {
    name: 'Track Events',
    type: 'automatic',
    subscribe: `type = "track" and ${NO_MEMBERSHIP} and ${NO_TRAIT}`,
    partnerAction: 'trackEvent',
    mapping: defaultValues(trackEvent.fields),
  },
  {
    name: 'Identify Users',
    type: 'automatic',
    subscribe: `type = "identify" and ${NO_MEMBERSHIP}`,
    partnerAction: 'identifyUser',
    mapping: defaultValues(identifyUser.fields),
  },
  {
    name: 'Computed Traits Sent as Events',
    type: 'automatic',
    subscribe: `type = "track" and (${IS_TRAIT})`,
    partnerAction: 'identifyUser',
    mapping: { ...defaultValues(identifyUser.fields), traits: { '@path': '$.properties' } },
  },
  {
    name: 'Group Users',
    type: 'automatic',
    subscribe: 'type = "group"',
    partnerAction: 'groupUser',
    mapping: defaultValues(groupUser.fields),
  },
  {
    name: 'Sync Audiences and Journeys',
    type: 'automatic',
    subscribe: IS_MEMBERSHIP,
    partnerAction: 'syncAudience',
    mapping: defaultValues(syncAudience.fields),
  },
]

// What Engage, linked audiences and journeys announce by themselves.
const slugs = [
  ['Entities Audience Membership Changed', 'warehouse_audience_membership_changed_identify'],
  ['Entities Audience Entered', 'warehouse_audience_entered_track'],
  ['Entities Audience Exited', 'warehouse_audience_exited_track'],
  ['Associated Entity Added', 'warehouse_entity_added_track'],
  ['Associated Entity Removed', 'warehouse_entity_removed_track'],
  ['Journeys Step Entered', 'journeys_step_entered_track'],
] as const

const announced: Preset[] = slugs.map(([name, eventSlug]) => ({
  name,
  type: 'specificEvent',
  eventSlug,
  partnerAction: 'syncAudience',
  mapping: defaultValues(syncAudience.fields),
}))

export const presets: Preset[] = [...everyDay, ...announced]
