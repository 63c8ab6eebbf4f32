// The table that ships: what the setup guide fixes, and where each name comes from.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseMappingSource } from '../../core/mapping-schema.ts'
import type { MappingTable } from '../../core/mapping-table.ts'

const ROOT = path.join(__dirname, '..', '..')
const table: MappingTable = require('../../dist/mappings/events.js').default
const source = parseMappingSource(
  readFileSync(path.join(ROOT, 'mappings', 'events.yaml'), 'utf8'),
  'events.yaml',
)
const rows = [...table.rows.values()]

// From Segment's published specs (ecommerce v2, B2B SaaS, mobile, email), each name as it stands there.
const SPEC_NAMES = new Set(
  [
    [
      'Products Searched',
      'Product List Viewed',
      'Product List Filtered',
      'Promotion Viewed',
      'Promotion Clicked',
    ],
    [
      'Product Clicked',
      'Product Viewed',
      'Product Added',
      'Product Removed',
      'Cart Viewed',
      'Checkout Started',
    ],
    [
      'Checkout Step Viewed',
      'Checkout Step Completed',
      'Payment Info Entered',
      'Order Updated',
      'Order Completed',
    ],
    [
      'Order Refunded',
      'Order Cancelled',
      'Coupon Entered',
      'Coupon Applied',
      'Coupon Denied',
      'Coupon Removed',
    ],
    [
      'Product Added to Wishlist',
      'Product Removed from Wishlist',
      'Wishlist Product Added to Cart',
    ],
    ['Product Shared', 'Cart Shared', 'Product Reviewed'],
    ['Account Created', 'Account Deleted', 'Signed Up', 'Signed In', 'Signed Out', 'Invite Sent'],
    ['Account Added User', 'Account Removed User', 'Trial Started', 'Trial Ended'],
    [
      'Application Installed',
      'Application Uninstalled',
      'Install Attributed',
      'Deep Link Opened',
      'Unsubscribed',
    ],
  ].flat(),
)

// Names without a spec, and why they have a row all the same.
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'Lead Submitted': 'row 5 of the setup guide',
  'Subscription Started': 'the recurring purchase; Segment’s specs end with the trial',
  'Subscription Renewed': 'every later payment of it',
  'Subscription Updated': 'change of plan or price',
  'Subscription Cancelled': 'the end of it',
}

test('the seven rows of the setup guide come first, as the guide has them', () => {
  const guide = rows
    .slice(0, 7)
    .map(({ event, canonical, downstream }) => [event, canonical, downstream])
  expect(guide).toEqual([
    ['Product Viewed', 'view_content', 'ViewContent'],
    ['Product Added', 'add_to_cart', 'AddToCart'],
    ['Checkout Started', 'begin_checkout', 'InitiateCheckout'],
    ['Order Completed', 'purchase', 'Purchase'],
    ['Lead Submitted', 'lead', 'Lead'],
    ['Signed Up', 'sign_up', 'CompleteRegistration'],
    ['Products Searched', 'search', 'Search'],
  ])
})

test.each(rows.map(({ event }) => event))(
  '%s is in a published spec or in the list of others',
  (event) => {
    expect(SPEC_NAMES.has(event) || event in OTHER_NAMES).toBe(true)
  },
)

test('the list of others has no name that left the table', () => {
  expect(Object.keys(OTHER_NAMES).filter((event) => !table.rows.has(event))).toEqual([])
})

test('no canonical name is stated twice', () => {
  const names = rows.map(({ canonical }) => canonical)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
})

test.each([
  'Page Viewed',
  'Product Clicked',
  'Product List Viewed',
  'Promotion Viewed',
  'Application Opened',
  'Video Playback Started',
  'Email Opened',
  'Experiment Viewed',
  'Audience Entered',
  'Trait Computed',
  'Segment Consent Preference Updated',
])('%s states no business action and stays out', (event) => {
  expect(table.rows.has(event)).toBe(false)
})

test('these are the conversions', () => {
  expect(rows.filter(({ conversion }) => conversion).map(({ canonical }) => canonical)).toEqual([
    'purchase',
    'lead',
    'sign_up',
    'create_account',
    'start_trial',
    'subscribe',
  ])
})

test('every conversion has a dedup key: it is what must not be counted twice', () => {
  const without = source.events.filter(({ conversion, dedup }) => conversion && dedup.length === 0)
  expect(without.map(({ event }) => event)).toEqual([])
})

const IDS = { user_id: 'u1', anonymous_id: 'a1', group_id: 'g1', message_id: 'm1' }
const NO_IDS = { user_id: null, anonymous_id: null, group_id: null, message_id: 'm1' }

test.each([
  { event: 'Order Completed', properties: { orderId: 'O1', checkout_id: 'C1' }, key: 'O1' },
  { event: 'Order Completed', properties: { order_id: 10492 }, key: '10492' },
  { event: 'Order Completed', properties: { checkoutId: 'C1' }, key: 'checkout:C1' },
  { event: 'Order Completed', properties: { value: 5 }, key: null },
  { event: 'Checkout Started', properties: { checkout_id: 'C1', order_id: 'O1' }, key: 'C1' },
  { event: 'Lead Submitted', properties: { leadId: 'L1' }, key: 'L1' },
  { event: 'Lead Submitted', properties: { email: 'jane@example.com' }, key: null },
  { event: 'Signed Up', properties: {}, key: 'u1' },
  { event: 'Signed Up', properties: {}, ids: NO_IDS, key: null },
  { event: 'Order Refunded', properties: { refund_id: 'R1', order_id: 'O1', total: 5 }, key: 'R1' },
  { event: 'Order Refunded', properties: { order_id: 'O1', total: '5.00' }, key: 'O1/5' },
  { event: 'Order Refunded', properties: { order_id: 'O1' }, key: 'O1' },
  { event: 'Order Cancelled', properties: { order_id: 'O1' }, key: 'O1' },
  { event: 'Order Updated', properties: { order_id: 'O1' }, key: null },
  { event: 'Product Viewed', properties: { sku: 'S1' }, key: null },
  { event: 'Product Reviewed', properties: { review_id: 'R1' }, key: 'R1' },
  { event: 'Account Created', properties: {}, key: 'g1' },
  { event: 'Invite Sent', properties: { invite_id: 'I1' }, key: 'I1' },
  { event: 'Trial Started', properties: { subscriptionId: 'S1' }, key: 'S1' },
  {
    event: 'Trial Started',
    properties: { trial_plan_name: 'Pro', trial_start_date: '2026-04-23' },
    key: 'u1/Pro/2026-04-23',
  },
  { event: 'Trial Started', properties: { trial_plan_name: 'Pro' }, key: null },
  { event: 'Subscription Started', properties: { subscription_id: 'S1' }, key: 'S1' },
  {
    event: 'Subscription Renewed',
    properties: { subscription_id: 'S1', invoice_id: 'I1' },
    key: 'I1',
  },
  { event: 'Subscription Renewed', properties: { subscription_id: 'S1' }, key: null },
  {
    event: 'Subscription Cancelled',
    properties: { subscription_id: 'S1', cancelled_at: '2026-04-23' },
    key: 'S1/2026-04-23',
  },
])('$event with $properties has the dedup key $key', ({ event, properties, ids = IDS, key }) => {
  const row = table.rows.get(event)
  expect(row?.dedupKey(row.mapProperties(properties, []), ids)).toBe(key)
})

test('order id and checkout id cannot be taken for each other', () => {
  const row = table.rows.get('Order Completed')
  const keys = [{ order_id: 'X1' }, { checkout_id: 'X1' }].map((sent) =>
    row?.dedupKey(row.mapProperties(sent, []), IDS),
  )
  expect(keys[0]).not.toBe(keys[1])
})

test('revenue is never kept beside value, in any row with amounts', () => {
  for (const row of rows) {
    const mapped = row.mapProperties({ revenue: '10', value: 5 }, [])
    expect(mapped).toEqual('revenue' in mapped ? { revenue: '10', value: 5 } : { value: 10 })
  }
})
