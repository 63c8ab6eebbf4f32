import { createHash } from 'node:crypto'
import { buildByHand } from '../../../bench/hand-written-builder.ts'
import type { JsonObject } from '../../../core/json.ts'
import { compileMapping } from '../../../core/mapping-kit/compile-mapping.ts'
import { exampleEvents } from '../../../destinations/example-events.ts'
import {
  buildMetaEvent,
  type MetaEvent,
} from '../../../destinations/meta-conversions/build-event.ts'
import definition from '../../../destinations/meta-conversions/index.ts'
import type { Payload } from '../../../destinations/meta-conversions/send-event/generated-types.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const payload = (over: Partial<Payload> = {}): Payload => ({
  event_name: 'Lead',
  event_time: '2026-04-23T10:15:30.000Z',
  event_id: 'e1',
  action_source: 'website',
  user_data: { email: 'a@b.example' },
  ...over,
})

function built(over: Partial<Payload> = {}): MetaEvent {
  const result = buildMetaEvent(payload(over))
  if (result.kind === 'invalid') throw new Error(result.reason)
  return result.event
}

const user = (user_data: NonNullable<Payload['user_data']>) => built({ user_data }).user_data
const custom = (custom_data: NonNullable<Payload['custom_data']>) =>
  built({ custom_data }).custom_data

test.each([
  ['2026-04-23T10:15:30.999Z', 1776939330],
  ['2026-04-23T12:15:30+02:00', 1776939330],
  [1776939330, 1776939330],
  ['1776939330', 1776939330],
  [1776939330999, 1776939330],
  ['1776939330.5', 1776939330],
])('event_time %p leaves as whole seconds', (event_time, seconds) => {
  expect(built({ event_time }).event_time).toBe(seconds)
})

test.each([
  ['no time', { event_time: 'soon' }],
  ['a time before 1970', { event_time: '1969-01-01T00:00:00Z' }],
  ['an empty name', { event_name: '' }],
  ['an empty id', { event_id: '' }],
  ['nobody', { user_data: {} }],
  ['an unusable email only', { user_data: { email: 'nobody' } }],
  ['a first name and a gender', { user_data: { first_name: 'Jane', gender: 'f' } }],
  [
    'a city, a country and a browser',
    { user_data: { city: 'Köln', country: 'DE', client_user_agent: 'M' } },
  ],
  ['a birthday and a browser', { user_data: { birthday: '1990-04-23', client_user_agent: 'M' } }],
  ['a Purchase without currency', { event_name: 'Purchase', custom_data: { value: 1 } }],
  ['a Purchase without value', { event_name: 'Purchase', custom_data: { currency: 'EUR' } }],
  [
    'a Purchase in a currency that is none',
    { event_name: 'Purchase', custom_data: { value: 1, currency: 'euro' } },
  ],
])('%s is invalid', (_, over) => {
  expect(buildMetaEvent(payload(over as Partial<Payload>)).kind).toBe('invalid')
})

test('first and last name together tell people apart', () => {
  expect(user({ first_name: 'Jane', last_name: 'Doe' })).toEqual({
    fn: sha256('jane'),
    ln: sha256('doe'),
  })
})

test('a digest is not hashed again, in whatever case it comes', () => {
  const digest = sha256('a@b.example')
  expect(user({ email: digest.toUpperCase() })).toEqual({ em: [digest] })
})

test('a national phone number takes the country beside it', () => {
  expect(user({ phone: '0151 23456789', country: 'DE' }).ph).toEqual([sha256('4915123456789')])
})

test('external ids are hashed one by one, equal ones once', () => {
  expect(user({ external_id: ['cust_1', 'anon_1', 'cust_1'] }).external_id).toEqual([
    sha256('cust_1'),
    sha256('anon_1'),
  ])
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  [' 2001:db8::1 ', '2001:db8::1'],
  ['::ffff:203.0.113.7', '::ffff:203.0.113.7'],
  ['unknown', undefined],
  ['203.0.113.7, 10.0.0.1', undefined],
])('IP address %p leaves as %p', (client_ip_address, expected) => {
  expect(user({ email: 'a@b.example', client_ip_address }).client_ip_address).toBe(expected)
})

test('the click of the landing page wins over an older cookie; malformed cookies stay behind', () => {
  const fbc = 'fb.1.1776938000000.olderClick'
  const ids = user({ fbc, fbclid: 'newerClick', fbp: '_fbp=1' })
  expect(ids).toEqual({ fbc: 'fb.1.1776939330000.newerClick' })
  expect(user({ fbc })).toEqual({ fbc })
})

test.each([
  [
    { value: 0, currency: 'eur' },
    { value: 0, currency: 'EUR' },
  ],
  [{ value: 5, currency: 'points' }, { value: 5 }],
  [{ content_type: 'product' }, undefined],
  [{ content_ids: [], contents: [{ quantity: 1 }] }, undefined],
  [
    { contents: [{ id: 'a' }, { id: '' }], content_type: 'product' },
    { contents: [{ id: 'a' }], content_type: 'product' },
  ],
])('custom data %j leaves as %j', (given, expected) => {
  expect(custom(given)).toEqual(expected)
})

test('custom properties join the custom data and override nothing', () => {
  const event = built({ custom_data: { value: 1 }, custom_properties: { value: 9, plan: 'pro' } })
  expect(event.custom_data).toEqual({ value: 1, plan: 'pro' })
})

test.each([
  [{ data_processing_options: [] }, { data_processing_options: [] }],
  [
    { data_processing_options: ['LDU'] },
    {
      data_processing_options: ['LDU'],
      data_processing_options_country: 0,
      data_processing_options_state: 0,
    },
  ],
  [
    {
      data_processing_options: ['LDU'],
      data_processing_options_country: 1,
      data_processing_options_state: 1000,
    },
    {
      data_processing_options: ['LDU'],
      data_processing_options_country: 1,
      data_processing_options_state: 1000,
    },
  ],
])('%j leaves as %j', (given, expected) => {
  const { event_name, event_time, event_id, action_source, user_data, ...rest } = built(given)
  expect(rest).toEqual(expected)
})

test('it changes nothing of the payload', () => {
  const given = payload({
    custom_data: { contents: [{ id: 'a' }] },
    custom_properties: { plan: 'pro' },
  })
  const before = structuredClone(given)
  buildMetaEvent(given)
  expect(given).toEqual(before)
})

// The benchmark compares speed with this builder; it means something only while both make the same event.
test.each(Object.entries(exampleEvents))(
  '%s is what a builder written by hand makes',
  (name, event) => {
    const preset = definition.presets?.find(
      (row) => 'subscribe' in row && row.subscribe.includes(`"${name}"`),
    )
    const mapped = compileMapping(preset?.mapping as JsonObject)(event as unknown as JsonObject)
    const result = buildMetaEvent(mapped as unknown as Payload)
    expect(result).toEqual({ kind: 'event', event: buildByHand(event, String(mapped.event_name)) })
  },
)
