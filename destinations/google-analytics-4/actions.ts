// One action for each event of Analytics that a canonical event has a counterpart for, and one for all others. Which
// parameters an event has: page "Events" of the Measurement Protocol.
import type { ActionDefinition } from '@segment/actions-core'
import { deliverBatch, deliverOne } from './deliver.ts'
import { checkoutFields, clientFields, itemFields, moneyFields, orderFields } from './fields.ts'
import type { Settings } from './generated-types.ts'
import type { EventPayload } from './payload.ts'

type Fields = ActionDefinition<Settings>['fields']
type EventAction = ActionDefinition<Settings, EventPayload>

function eventAction(
  name: string,
  canonical: string,
  words: Pick<EventAction, 'title' | 'description'>,
  fields: Fields,
): EventAction {
  return {
    ...words,
    defaultSubscription: `tracklayer_event = "${canonical}"`,
    fields: { ...clientFields, ...fields },
    perform: (request, input) => deliverOne(request, input, () => name),
    performBatch: (request, input) => deliverBatch(request, input, () => name),
  }
}

const wares: Fields = { ...moneyFields, ...itemFields }

export const purchase = eventAction(
  'purchase',
  'purchase',
  { title: 'Purchase', description: 'Sends purchase: an order was placed.' },
  { ...orderFields, ...wares },
)

export const refund = eventAction(
  'refund',
  'refund',
  {
    title: 'Refund',
    description:
      'Sends refund: an order was paid back, in whole or, with items, in part. The value is what was paid back.',
  },
  { ...orderFields, ...wares },
)

export const addToCart = eventAction(
  'add_to_cart',
  'add_to_cart',
  { title: 'Add to cart', description: 'Sends add_to_cart: a product was put into the cart.' },
  wares,
)

export const beginCheckout = eventAction(
  'begin_checkout',
  'begin_checkout',
  { title: 'Begin checkout', description: 'Sends begin_checkout: a checkout was started.' },
  { ...wares, ...checkoutFields },
)

export const viewItem = eventAction(
  'view_item',
  'view_content',
  { title: 'View item', description: 'Sends view_item: a product was looked at.' },
  wares,
)

export const search = eventAction(
  'search',
  'search',
  { title: 'Search', description: 'Sends search: products were searched for.' },
  {
    search_term: {
      label: 'Search term',
      description: 'What was searched for.',
      type: 'string',
      required: true,
      default: { '@path': '$.properties.query' },
    },
  },
)

export const generateLead = eventAction(
  'generate_lead',
  'lead',
  { title: 'Generate lead', description: 'Sends generate_lead: a lead was won.' },
  {
    ...moneyFields,
    lead_source: {
      label: 'Lead source',
      description: 'Where the lead came from.',
      type: 'string',
      default: { '@path': '$.properties.lead_source' },
    },
  },
)

export const signUp = eventAction(
  'sign_up',
  'sign_up',
  { title: 'Sign up', description: 'Sends sign_up: an account was made.' },
  {
    method: {
      label: 'Method',
      description: 'How the account was made, e.g. Google or email.',
      type: 'string',
      default: { '@path': '$.properties.method' },
    },
  },
)

export const customEvent: EventAction = {
  title: 'Custom event',
  description: 'Sends any other event under a name of its own.',
  fields: {
    event_name: {
      label: 'Event name',
      description:
        'A letter, then letters, digits and _, at most 40; not one of Google’s own names.',
      type: 'string',
      required: true,
      default: { '@path': '$.tracklayer_event' },
    },
    ...clientFields,
    ...wares,
  },
  perform: (request, input) => deliverOne(request, input, customName),
  performBatch: (request, input) => deliverBatch(request, input, customName),
}

const customName = ({ event_name = '' }: EventPayload): string => event_name
