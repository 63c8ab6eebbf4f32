// Ready-made subscriptions on the canonical event, one for each conversion that TikTok has a standard event for, and Refund.
import { defaultValues, type Preset } from '@segment/actions-core'
import { fields } from './send-event/fields.ts'

// Purchase was CompletePayment and Lead was SubmitForm. There is no standard event for a refund: it is a custom web event,
// good for reports and audiences, and TikTok takes nothing off the purchase for it.
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

export const presets: Preset[] = EVENTS.map(([name, canonical, event]) => ({
  name,
  type: 'automatic',
  subscribe: `tracklayer_event = "${canonical}"`,
  partnerAction: 'sendEvent',
  mapping: { ...defaultValues(fields), event },
}))
