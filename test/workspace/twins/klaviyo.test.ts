import type { JsonObject } from '../../../core/json.ts'
import {
  createKlaviyoTwin,
  type KlaviyoTwinOptions,
} from '../../../workspace/twins/klaviyo/klaviyo-twin.ts'
import { DAY_MS, expectBalanced, post, stage } from './twin-stage.ts'

const HEADERS = { Authorization: 'Klaviyo-API-Key pk_good', revision: '2025-01-15' }

function klaviyo(options: Partial<KlaviyoTwinOptions> = {}) {
  const staged = stage()
  const twin = createKlaviyoTwin({
    ...staged,
    apiKeys: ['pk_good'],
    lists: { LIST01: 'Newsletter' },
    ...options,
  })
  const event = (changes: JsonObject = {}): JsonObject => ({
    type: 'event',
    attributes: {
      properties: { OrderId: 'order-1' },
      time: new Date(staged.clock.now()).toISOString(),
      value: 129.95,
      value_currency: 'EUR',
      unique_id: 'order-1',
      metric: { data: { type: 'metric', attributes: { name: 'Placed Order' } } },
      ...changes,
    },
  })
  const person = (attributes: JsonObject = { email: 'jane@example.com' }) => ({
    data: { type: 'profile', attributes },
  })
  const send = (changes: JsonObject = {}, headers: Record<string, string> = HEADERS) =>
    post(twin.app, '/api/events/', { data: event({ profile: person(), ...changes }) }, headers)
  const bulk = (...entries: { profile: JsonObject; events: JsonObject[] }[]) =>
    post(
      twin.app,
      '/api/event-bulk-create-jobs/',
      {
        data: {
          type: 'event-bulk-create-job',
          attributes: {
            'events-bulk-create': {
              data: entries.map(({ profile, events }) => ({
                type: 'event-bulk-create',
                attributes: { profile, events: { data: events } },
              })),
            },
          },
        },
      },
      HEADERS,
    )
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await twin.app.request(path, {
      method,
      headers: HEADERS,
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    return { status: response.status, body: text ? JSON.parse(text) : null }
  }
  return { ...staged, twin, event, person, send, bulk, call }
}

test('a good order is answered with 202 and an empty body, and counted once for ever', async () => {
  const { twin, clock, send } = klaviyo()
  const { status, body, headers } = await send()
  expect([status, body]).toEqual([202, ''])
  expect(headers.get('RateLimit-Remaining')).toBe('3499')
  clock.advance(365 * DAY_MS)
  await send({ time: null })
  expect([...twin.counted().keys()]).toEqual(['Placed Order/order-1'])
  expect(twin.summary()).toEqual({ received: 2, counted: 1, duplicates: 1, refused: {} })
})

test('unique_id is compared within one profile and metric only', async () => {
  const { twin, send, person } = klaviyo()
  await send()
  await send({ profile: person({ email: 'other@example.com' }) })
  await send({ metric: { data: { type: 'metric', attributes: { name: 'Refunded Order' } } } })
  expect(twin.summary()).toMatchObject({ counted: 3, duplicates: 0 })
})

test('without unique_id two events of one second are one', async () => {
  const { twin, clock, send } = klaviyo()
  const withoutId = { unique_id: null, time: null }
  await send(withoutId)
  await send(withoutId)
  clock.advance(1000)
  await send(withoutId)
  expect(twin.summary()).toMatchObject({ counted: 2, duplicates: 1 })
})

test.each<[string, string, string, JsonObject]>([
  ['no metric', 'missing_metric', '/data/attributes/metric', { metric: null }],
  [
    'a bare metric',
    'invalid_metric',
    '/data/attributes/metric',
    { metric: { name: 'Placed Order' } },
  ],
  [
    'a bare profile',
    'invalid_profile',
    '/data/attributes/profile',
    { profile: { email: 'a@b.de' } },
  ],
  [
    'nobody',
    'no_identifier',
    '/data/attributes/profile/data/attributes',
    { profile: { data: { type: 'profile', attributes: {} } } },
  ],
  [
    'a wrong address',
    'invalid_email',
    '/data/attributes/profile/data/attributes/email',
    { profile: { data: { type: 'profile', attributes: { email: 'jane' } } } },
  ],
  [
    'a phone without plus',
    'invalid_phone',
    '/data/attributes/profile/data/attributes/phone_number',
    { profile: { data: { type: 'profile', attributes: { phone_number: '015112345678' } } } },
  ],
  ['a value as text', 'invalid_value', '/data/attributes/value', { value: '129.95' }],
  [
    'a wrong currency',
    'invalid_currency',
    '/data/attributes/value_currency',
    { value_currency: 'eur' },
  ],
  ['unix seconds', 'invalid_time', '/data/attributes/time', { time: 1776939330 }],
  ['1999', 'time_out_of_range', '/data/attributes/time', { time: '1999-12-31T23:59:59Z' }],
  [
    'two years ahead',
    'time_out_of_range',
    '/data/attributes/time',
    { time: '2028-04-23T00:00:00Z' },
  ],
  ['no properties', 'missing_properties', '/data/attributes/properties', { properties: null }],
])('%s is refused with a pointer', async (_case, reason, pointer, changes) => {
  const { twin, send } = klaviyo()
  const { status, body } = await send(changes)
  expect(status).toBe(400)
  expect(body.errors[0]).toEqual({
    id: expect.any(String),
    status: 400,
    code: 'invalid',
    title: 'Invalid input.',
    detail: expect.any(String),
    source: { pointer },
    links: {},
    meta: {},
  })
  expect(twin.summary().refused).toEqual({ [reason]: 1 })
})

test('one wrong row refuses a bulk request whole, and the pointer names it', async () => {
  const { twin, bulk, event, person } = klaviyo()
  const { status, body } = await bulk(
    { profile: person(), events: [event(), event({ unique_id: 'b' })] },
    { profile: person({ email: 'wrong' }), events: [event({ unique_id: 'c' })] },
  )
  expect([status, body.errors[0].source.pointer]).toEqual([
    400,
    '/data/attributes/events-bulk-create/data/1/attributes/profile/data/attributes/email',
  ])
  expect(twin.summary().refused).toEqual({ in_refused_request: 2, invalid_email: 1 })
  expectBalanced(twin)
})

test('bulk and single events share their ids', async () => {
  const { twin, bulk, send, event, person } = klaviyo()
  await send()
  const { status } = await bulk({ profile: person(), events: [event(), event({ unique_id: 'b' })] })
  expect(status).toBe(202)
  expect(twin.summary()).toMatchObject({ counted: 2, duplicates: 1 })
})

test('a bulk request holds 1,000 events', async () => {
  const { bulk, event, person } = klaviyo()
  const events = Array.from({ length: 1001 }, (_, index) => event({ unique_id: `e${index}` }))
  const { status, body } = await bulk({ profile: person(), events })
  expect([status, body.errors[0].detail]).toEqual([400, expect.stringContaining('1000')])
})

test('authentication and the revision header', async () => {
  const { twin, send } = klaviyo()
  for (const Authorization of ['', 'Bearer pk_good', 'Klaviyo-API-Key pk_bad']) {
    const { status, body } = await send({}, { ...HEADERS, Authorization })
    expect([status, body.errors[0].code]).toEqual([401, 'not_authenticated'])
  }
  expect((await send({}, { Authorization: HEADERS.Authorization })).status).toBe(400)
  expect(twin.summary()).toMatchObject({
    received: 4,
    counted: 0,
    refused: { not_authenticated: 3 },
  })
})

test('the 351st event of a second is throttled, with Retry-After', async () => {
  const { twin, clock, send } = klaviyo()
  for (let sent = 0; sent < 350; sent += 1) await send({ unique_id: `u${sent}` })
  const { status, body, headers } = await send()
  expect([status, body.errors[0].code, headers.get('Retry-After')]).toEqual([429, 'throttled', '1'])
  expect(headers.get('RateLimit-Remaining')).toBeNull()
  clock.advance(1000)
  expect((await send()).status).toBe(202)
  expect(twin.summary()).toMatchObject({ counted: 351, refused: { throttled: 1 } })
})

test('profiles: created once, the second time 409 with the id to use', async () => {
  const { twin, call } = klaviyo()
  const data = { type: 'profile', attributes: { email: 'jane@example.com' } }
  const created = await call('POST', '/api/profiles/', { data })
  const again = await call('POST', '/api/profiles/', { data })
  expect([created.status, again.status]).toEqual([201, 409])
  const { id } = created.body.data
  expect(again.body.errors[0]).toMatchObject({
    code: 'duplicate_profile',
    meta: { duplicate_profile_id: id },
  })
  const patch = { data: { type: 'profile', id, attributes: { first_name: 'Jane' } } }
  expect((await call('PATCH', `/api/profiles/${id}/`, patch)).status).toBe(200)
  expect(twin.profiles()).toEqual([
    { id, attributes: { email: 'jane@example.com', first_name: 'Jane' } },
  ])
})

test('lists: joined, searched and left as the destination does it', async () => {
  const { twin, call, send } = klaviyo()
  await send()
  const search = await call('GET', '/api/profiles/?filter=any(email,["jane@example.com"])')
  const [{ id }] = search.body.data
  const members = '/api/lists/LIST01/relationships/profiles/'
  expect((await call('POST', members, { data: [{ type: 'profile', id }] })).status).toBe(204)
  expect(twin.members('LIST01')).toEqual([id])
  expect((await call('DELETE', members, { data: [{ type: 'profile', id }] })).status).toBe(204)
  expect(twin.members('LIST01')).toEqual([])
  expect((await call('POST', members, { data: [{ type: 'profile' }] })).status).toBe(400)
  expect((await call('GET', '/api/lists/NONE')).status).toBe(404)
  expect((await call('GET', '/api/lists/LIST01')).body.data.attributes.name).toBe('Newsletter')
})

test('bulk imports and subscriptions put people on a list, or refuse the request whole', async () => {
  const { twin, call } = klaviyo()
  const job = (type: string, emails: string[], list: string) => ({
    data: {
      type,
      attributes: {
        profiles: { data: emails.map((email) => ({ type: 'profile', attributes: { email } })) },
      },
      relationships: { list: { data: { type: 'list', id: list } } },
    },
  })
  const subscribe = '/api/profile-subscription-bulk-create-jobs/'
  const type = 'profile-subscription-bulk-create-job'
  expect((await call('POST', subscribe, job(type, ['a@b.de', 'c@d.de'], 'LIST01'))).status).toBe(
    202,
  )
  const wrong = await call('POST', subscribe, job(type, ['e@f.de', 'no'], 'NONE'))
  expect(
    wrong.body.errors.map(({ source }: { source: { pointer: string } }) => source.pointer),
  ).toEqual(['/data/attributes/profiles/data/1/attributes/email', '/data'])
  expect(twin.members('LIST01')).toHaveLength(2)
  const unsubscribe = '/api/profile-subscription-bulk-delete-jobs/'
  const leave = job('profile-subscription-bulk-delete-job', ['a@b.de'], 'LIST01')
  expect((await call('POST', unsubscribe, leave)).status).toBe(202)
  expect(twin.members('LIST01')).toHaveLength(1)
})

test('injected faults are JSON:API errors', async () => {
  const { twin, send } = klaviyo()
  twin.faults.set({ rate429: 1, retryAfterSeconds: 12 })
  const { status, headers } = await send()
  expect([status, headers.get('Retry-After')]).toEqual([429, '12'])
  twin.faults.set({ rate500: 1 })
  expect((await send()).body.errors[0].status).toBe(500)
  expect(twin.summary().received).toBe(0)
})
