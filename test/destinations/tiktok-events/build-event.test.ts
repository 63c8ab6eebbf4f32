import { createHash } from 'node:crypto'
import {
  buildTikTokEvent,
  type TikTokEvent,
} from '../../../destinations/tiktok-events/build-event.ts'
import type { Payload } from '../../../destinations/tiktok-events/send-event/generated-types.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const payload = (over: Partial<Payload> = {}): Payload => ({
  event: 'Lead',
  event_time: '2026-04-23T10:15:30.000Z',
  event_id: 'e1',
  event_source: 'web',
  ...over,
})

function built(over: Partial<Payload> = {}): TikTokEvent {
  const result = buildTikTokEvent(payload(over))
  if (result.kind === 'invalid') throw new Error(result.reason)
  return result.event
}

const everything: Partial<Payload> = {
  user: {
    email: 'a@b.example',
    phone: '+12133734253',
    external_id: ['user_123'],
    first_name: 'Jane',
    city: 'New York',
    region: 'NY',
    country: 'US',
    ttclid: 'E.C.P.1',
    ttp: 'ttp1',
    ip: '203.0.113.7',
    user_agent: 'Mozilla',
    locale: 'en-US',
    idfa: 'ea7583cd-a667-48bc-b806-42ecb2b48606',
    gaid: 'AAAAAA-2222-1111-8787-809E92233BA0',
    att_status: 'AUTHORIZED',
  },
  properties: { order_id: 'o1', customer_type: 'new' },
  page: { url: 'https://shop.example/?ttclid=E.C.P.1' },
  app: { app_id: 'com.example' },
  limited_data_use: false,
}
// The two examples of TikTok's page.
const email = [sha256('a@b.example')]
const phone = ['9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd']
const external_id = ['80fba0ae1c48e3978e43e4efc365e14e12ea0c830ba8ba5b9a2dafc7e3f2ab8b']
const device = { ip: '203.0.113.7', user_agent: 'Mozilla', locale: 'en-US' }

test('a web event carries what web events may carry', () => {
  expect(built(everything)).toEqual({
    event: 'Lead',
    event_time: 1776939330,
    event_id: 'e1',
    user: {
      email,
      phone,
      external_id,
      ttclid: 'E.C.P.1',
      ttp: 'ttp1',
      first_name: sha256('jane'),
      city: 'newyork',
      state: 'ny',
      country: 'us',
      ...device,
    },
    properties: { order_id: 'o1', customer_type: 'new' },
    page: { url: 'https://shop.example/?ttclid=E.C.P.1' },
    limited_data_use: false,
  })
})

test('an app event has no event id and no click, and the ids of the device', () => {
  expect(built({ ...everything, event_source: 'app' })).toEqual({
    event: 'Lead',
    event_time: 1776939330,
    user: {
      email,
      phone,
      ...device,
      idfa: 'EA7583CD-A667-48BC-B806-42ECB2B48606',
      gaid: 'aaaaaa-2222-1111-8787-809e92233ba0',
      att_status: 'AUTHORIZED',
    },
    properties: { order_id: 'o1', customer_type: 'new' },
    app: { app_id: 'com.example' },
    limited_data_use: false,
  })
})

test('an offline event has email, phone and the order', () => {
  expect(built({ ...everything, event_source: 'offline' })).toEqual({
    event: 'Lead',
    event_time: 1776939330,
    event_id: 'e1',
    user: { email, phone },
    properties: { order_id: 'o1' },
  })
})

test.each([
  ['no time', { event_time: 'soon' }],
  ['an empty event', { event: '' }],
  ['an empty id', { event_id: '' }],
  ['an offline event of one’s own', { event_source: 'offline', event: 'Refund' }],
  ['an app event without app', { event_source: 'app' }],
  ['limited data use without an address', { limited_data_use: true }],
  ['limited data use offline', { ...everything, event_source: 'offline', limited_data_use: true }],
])('%s is invalid', (_, over) => {
  expect(buildTikTokEvent(payload(over)).kind).toBe('invalid')
})

test.each([
  [
    { value: 0, currency: 'eur' },
    { value: 0, currency: 'EUR' },
  ],
  [{ value: 5 }, undefined],
  [{ value: 5, currency: 'points', order_id: 'o1' }, { order_id: 'o1' }],
  [{ currency: 'EUR' }, undefined],
  [{ content_type: 'product' }, undefined],
  [
    { content_ids: ['a'], content_type: 'product' },
    { content_ids: ['a'], content_type: 'product' },
  ],
])('properties %j leave as %j', (properties, expected) => {
  expect(built({ properties }).properties).toEqual(expected)
})

test('a click id leaves unchanged, however long', () => {
  const ttclid = `E.C.P.${'x'.repeat(900)}`
  expect(built({ user: { ttclid } }).user).toEqual({ ttclid })
})

test('it changes nothing of the payload', () => {
  const given = payload(structuredClone(everything))
  const before = structuredClone(given)
  buildTikTokEvent(given)
  expect(given).toEqual(before)
})
