import type { CanonicalEvent } from '../../../core/canonical-event.ts'
import { PLATFORMS } from '../../../core/identity-fields/field.ts'
import { matchQuality } from '../../../core/identity-fields/match-quality.ts'
import { isBrowserUserAgent, isPublicIp } from '../../../core/identity-fields/match-signals.ts'
import { MATCH_WEIGHTS } from '../../../core/identity-fields/match-weights.ts'

const SAFARI = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15'

const empty: CanonicalEvent = {
  segment_event: 'Order Completed',
  tracklayer_event: 'purchase',
  message_id: 'm_1',
  occurred_at: '2026-04-23T10:15:30.000Z',
  canonical_user_id: null,
  anonymous_id: null,
  user: {},
  consent: null,
  context: {},
  properties: { event_id: 'seg_m_1' },
  mapping_version: 'test',
}

const full: CanonicalEvent = {
  ...empty,
  canonical_user_id: 'cust_1',
  user: {
    email: 'jane@example.com',
    phone: '+49 151 23456789',
    first_name: 'Jane',
    last_name: 'Doe',
    city: 'Berlin',
    region: 'Berlin',
    postal_code: '10115',
    country: 'DE',
  },
  context: {
    ip: '93.184.216.34',
    user_agent: SAFARI,
    click_ids: {
      fbc: 'fb.1.1554763741205.IwAR2F4dbP0l7',
      fbp: 'fb.1.1596403881668.1116446470',
      gclid: 'Cj0KCQjw_test_gclid',
      ttclid: 'E.C.P.CtQBtest',
      ttp: '94e2a4jtest',
    },
  },
}
const person = { birthday: '1990-05-15', gender: 'female' }

test.each(PLATFORMS)('the weights of %s add up to a full score', (platform) => {
  const sum = Object.values(MATCH_WEIGHTS[platform]).reduce((a, b) => a + b, 0)
  expect(sum).toBe(100)
  expect(matchQuality(platform, full, person)).toMatchObject({ score: 10, missing: [] })
  expect(matchQuality(platform, empty)).toMatchObject({ score: 0, present: [] })
})

test('names what is missing in order of gain, with what to send', () => {
  const { score, missing } = matchQuality('meta', { ...empty, user: { email: 'jane@example.com' } })
  expect(score).toBe(2.6)
  expect(missing.slice(0, 2)).toEqual([
    { identifier: 'meta_click_id', gain: 2, hint: expect.stringContaining('fbclid') },
    { identifier: 'phone', gain: 1.6, hint: expect.stringContaining('+49') },
  ])
  const gains = missing.map(({ gain }) => gain)
  expect(gains).toEqual([...gains].sort((a, b) => b - a))
})

test('the gain is what the score rises by', () => {
  const before = matchQuality('meta', { ...empty, user: { email: 'jane@example.com' } })
  const after = matchQuality('meta', {
    ...empty,
    user: { email: 'jane@example.com', phone: '+4915123456789' },
  })
  const gain = before.missing.find(({ identifier }) => identifier === 'phone')?.gain ?? 0
  expect(after.score).toBeCloseTo(before.score + gain)
})

test('what is present but malformed does not count, and the hint says why', () => {
  const event = { ...empty, user: { email: 'jane@', phone: '0151 23456789' } }
  const { score, missing } = matchQuality('meta', event)
  expect(score).toBe(0)
  const hints = Object.fromEntries(missing.map(({ identifier, hint }) => [identifier, hint]))
  expect(hints.phone).toBe('phone has no country code: send +49…, or the country beside it')
  expect(hints.email).toBe('email is not of the form the platform takes')
})

test('names and places alone find nobody', () => {
  const { email, phone, ...places } = full.user
  const event = {
    ...full,
    canonical_user_id: null,
    user: places,
    context: { ip: '93.184.216.34', user_agent: SAFARI },
  }
  expect(matchQuality('meta', event, person).score).toBeLessThanOrEqual(2)
})

test('the address of Google counts only when it is whole', () => {
  const { postal_code, ...user } = full.user
  expect(matchQuality('google', { ...full, user }).missing).toEqual([
    { identifier: 'postal_address', gain: 1, hint: expect.stringContaining('together') },
  ])
})

test('a click id in the address stands for the cookie', () => {
  const event = { ...empty, context: { click_ids: { fbclid: 'IwAR2F4dbP0l7' } } }
  expect(matchQuality('meta', event).present).toEqual(['meta_click_id'])
  expect(matchQuality('meta', { ...event, occurred_at: null }).present).toEqual([])
})

test('a server’s own address and program are not the visitor’s', () => {
  const context = { ip: '10.0.0.7', user_agent: SAFARI }
  const hintOf = (c: typeof context) =>
    matchQuality('google', { ...empty, context: c }).missing.find(
      ({ identifier }) => identifier === 'ip_and_user_agent',
    )?.hint
  expect(hintOf(context)).toContain('private network')
  expect(hintOf({ ip: '93.184.216.34', user_agent: 'axios/1.7.2 (Linux; x64)' })).toContain(
    'program',
  )
})

test.each([
  ['93.184.216.34', true],
  ['2001:db8:85a3::8a2e:370:7334', true],
  ['::1', false],
  ['fd00::1', false],
  ['172.20.1.1', false],
  ['100.64.0.1', false],
  ['256.1.1.1', false],
  ['1.2.3', false],
  ['1.2.3.4.', false],
  ['example.com', false],
  ['', false],
])('isPublicIp(%p) is %p', (ip, expected) => {
  expect(isPublicIp(ip)).toBe(expected)
})

test('isBrowserUserAgent() knows crawlers and libraries', () => {
  expect(isBrowserUserAgent(SAFARI)).toBe(true)
  expect(isBrowserUserAgent('Mozilla/5.0 (compatible; Googlebot/2.1)')).toBe(false)
  expect(isBrowserUserAgent('node-fetch/1.0 (+https://github.com)')).toBe(false)
})
