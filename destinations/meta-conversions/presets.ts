// Ready-made subscriptions on the canonical event, one for each conversion that Meta has a standard event for, and Refund.
import { defaultValues, type Preset } from '@segment/actions-core'
import { fields } from './send-event/fields.ts'

// "Standard events", https://developers.facebook.com/docs/meta-pixel/reference#standard-events. Refund is not among them:
// it arrives as a custom event of that name.
const EVENTS = [
  ['Purchase', 'purchase', 'Purchase'],
  ['Lead', 'lead', 'Lead'],
  ['Sign up', 'sign_up', 'CompleteRegistration'],
  ['Add to cart', 'add_to_cart', 'AddToCart'],
  ['View content', 'view_content', 'ViewContent'],
  ['Begin checkout', 'begin_checkout', 'InitiateCheckout'],
  ['Search', 'search', 'Search'],
  ['Refund', 'refund', 'Refund'],
] as const

export const presets: Preset[] = EVENTS.map(([name, canonical, eventName]) => ({
  name,
  type: 'automatic',
  subscribe: `tracklayer_event = "${canonical}"`,
  partnerAction: 'sendEvent',
  mapping: { ...defaultValues(fields), event_name: eventName },
}))
