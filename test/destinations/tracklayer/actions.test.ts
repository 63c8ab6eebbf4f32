// The definition under actions-core's own Destination and test harness; nock stands in for the store.
import { Destination, type Preset } from '@segment/actions-core'
import nock from 'nock'
import type { BatchEntry } from '../../../core/batch.ts'
import { canonicalise } from '../../../core/canonicalise.ts'
import type { JsonObject } from '../../../core/json.ts'
import { verify } from '../../../core/signature.ts'
import { table } from '../../core/support/table.ts'
import { ACCOUNT, orderMessage, SECRETS } from '../../support/signed-batch.ts'
import {
  definition,
  driveTrackLayer,
  entered,
  errorOf,
  membership,
  personas,
  settingsFor,
} from './tracklayer.ts'

const STORE = 'https://tracklayer.example.com'
const settings = settingsFor(STORE)
const tracklayer = driveTrackLayer(settings)

/** Answers the next POST; what was posted is in the list, its signature checked. */
function answering(answer: (entries: readonly BatchEntry[]) => [number, unknown]): BatchEntry[][] {
  const posted: BatchEntry[][] = []
  nock(STORE)
    .post('/segment/events')
    .reply(function (_uri, body) {
      const headers = this.req.headers as Record<string, string>
      const content = {
        timestamp: String(headers['x-tracklayer-timestamp']),
        account: ACCOUNT,
        environment: 'production',
        body: JSON.stringify(body),
      }
      const signature = String(headers['x-tracklayer-signature'])
      expect(verify([SECRETS.production], content, signature)).toBe(true)
      const { batch } = body as { batch: BatchEntry[] }
      posted.push(batch)
      const [status, text] = answer(batch)
      return [status, text as nock.Body, { 'content-type': 'application/json' }]
    })
  return posted
}

const accepting = () =>
  answering((entries) => [
    200,
    {
      results: entries.map(({ message, canonical }) => ({
        message_id: message.messageId,
        status: 200,
        outcome: 'accepted',
        event_id: canonical?.properties.event_id,
      })),
    },
  ])

// What is left in place would stand between every later test file of this process and its network.
afterAll(() => nock.restore())
afterEach(() => {
  const pending = nock.pendingMocks()
  nock.cleanAll()
  expect(pending).toEqual([])
})

const whole = (message: JsonObject): JsonObject => ({
  ...message,
  anonymousId: 'anon-1',
  originalTimestamp: '2026-04-23T10:14:59.000Z',
  sentAt: '2026-04-23T10:15:00.000Z',
  receivedAt: '2026-04-23T10:15:01.000Z',
  channel: 'server',
  integrations: {},
  context: {
    ip: '203.0.113.7',
    consent: { categoryPreferences: { advertising: true } },
    ...(message.context as JsonObject | undefined),
  },
})
const identify: JsonObject = {
  type: 'identify',
  messageId: 'i1',
  userId: 'u1',
  timestamp: '2026-04-23T10:15:00.000Z',
  traits: { email: 'jane@example.com', plan: 'pro' },
}
const group: JsonObject = { ...identify, type: 'group', groupId: 'g1', messageId: 'g1' }

describe('what leaves for the store', () => {
  test.each([
    ['trackEvent', whole(orderMessage('o1'))],
    ['trackEvent', whole({ ...orderMessage('o2'), event: 'Not In The Table' })],
    ['identifyUser', whole(identify)],
    ['groupUser', whole(group)],
    ['syncAudience', whole(membership('u1', true))],
  ] as const)('%s sends what the destination function would send', async (action, message) => {
    const posted = accepting()
    await tracklayer.single(action, message)
    expect(posted).toEqual([[JSON.parse(JSON.stringify(canonicalise(message, table)))]])
  })

  test('an answer names the message, what became of it and the event id', async () => {
    accepting()
    expect(await tracklayer.single('trackEvent', orderMessage('o1'))).toEqual({
      message_id: 'msg-o1',
      outcome: 'accepted',
      event_id: 'seg_msg-o1',
    })
  })

  test('nulls and odd values cost no message', async () => {
    const posted = accepting()
    const message = { ...orderMessage('o1'), userId: 4711, anonymousId: null }
    await tracklayer.single('trackEvent', { ...message, properties: null } as JsonObject)
    expect(posted[0]?.[0]?.message).toEqual({
      type: 'track',
      event: 'Order Completed',
      messageId: 'msg-o1',
      userId: '4711',
      timestamp: '2026-04-23T10:15:00.000Z',
      properties: null,
    })
  })

  test('what a mapping leaves out does not leave Segment', async () => {
    const posted = accepting()
    const none = { '@path': '$.nothing' }
    await tracklayer.single('identifyUser', whole(identify), { traits: none, context: none })
    expect(JSON.stringify(posted)).not.toMatch(/jane|203\.0/)
  })
})

describe('the loop guard', () => {
  const own = { ...orderMessage('o1'), context: { tracklayer: { origin: 'tracklayer' } } }

  test('keeps back what TrackLayer itself sent, and says so', async () => {
    expect(await tracklayer.single('trackEvent', own)).toEqual({
      message_id: 'msg-o1',
      outcome: 'filtered',
      reason: expect.stringContaining('TrackLayer sent this message to Segment itself'),
    })
  })

  test('sees the mark also when the mapping leaves out the context', async () => {
    const said = await tracklayer.single('trackEvent', own, { context: { '@path': '$.nothing' } })
    expect(said).toMatchObject({ outcome: 'filtered' })
  })

  test('posts the rest of a batch', async () => {
    const posted = accepting()
    const nodes = await tracklayer.batch('trackEvent', [own, orderMessage('o2')])
    expect(posted.map((entries) => entries.map(({ message }) => message.messageId))).toEqual([
      ['msg-o2'],
    ])
    expect(nodes).toMatchObject([
      { status: 200, body: { outcome: 'filtered' } },
      { status: 200, body: { outcome: 'accepted', event_id: 'seg_msg-o2' } },
    ])
  })
})

test('the allowlist names the events that may leave, and no membership', async () => {
  const careful = driveTrackLayer(
    settingsFor(STORE, { allowlist: 'Product Viewed,\n Order Completed ' }),
  )
  expect(await careful.single('trackEvent', { ...orderMessage('o1'), event: 'Secret' })).toEqual({
    message_id: 'msg-o1',
    outcome: 'filtered',
    reason: 'the event is not on the allowlist',
  })
  const posted = [accepting(), accepting()]
  await careful.single('trackEvent', orderMessage('o1'))
  await careful.single('syncAudience', entered('u1', 'Audience Entered', { vip: true }))
  expect(posted.flat()).toHaveLength(2)
})

interface Shape {
  readonly shape: string
  readonly message: JsonObject
  readonly mapping?: JsonObject
}

describe('memberships', () => {
  const row = (event: string, over: JsonObject = {}): JsonObject => ({
    type: 'track',
    event,
    messageId: `row-${event}`,
    userId: 'u1',
    timestamp: '2026-04-23T10:15:00.000Z',
    properties: { email: 'jane@example.com', __segment_id: 'r1' },
    ...over,
  })
  const v1 = 'j_o_first_purchase__opened_email_dje83h'
  const journey = { computation_class: 'journey_step', computation_key: 'welcome__send_8943l' }

  const shapes: readonly Shape[] = [
    { shape: 'identify, in', message: membership('u1', true) },
    { shape: 'identify, out', message: membership('u1', false) },
    { shape: 'identify, as text', message: membership('u1', 'true') },
    {
      shape: 'track, in',
      message: entered('u1', 'Audience Entered', { audience_key: 'vip', vip: true }),
    },
    {
      shape: 'track, out, of somebody never added',
      message: entered('u9', 'Audience Exited', { vip: false }),
    },
    {
      shape: 'track, under another name',
      message: entered('u1', 'VIP joined', { audience_key: 'vip', vip: true }),
    },
    {
      shape: 'journey v1',
      message: entered('u1', 'Audience Entered', { [v1]: 'true' }, { computation_key: v1 }),
    },
    {
      shape: 'journey v2',
      message: entered('u1', 'Send mail', { journey_metadata: { journey_id: 'j' } }, journey),
    },
    {
      shape: 'an anonymous person',
      message: { ...membership('u1', true), userId: undefined, anonymousId: 'a1' },
    },
    { shape: 'reverse ETL, new', message: row('new'), mapping: { audience_key: 'churned' } },
    {
      shape: 'reverse ETL, updated',
      message: row('updated'),
      mapping: { audience_key: 'churned' },
    },
    {
      shape: 'reverse ETL, deleted',
      message: row('deleted'),
      mapping: { external_audience_id: 'tla_1' },
    },
  ]
  test.each(shapes)('$shape', async ({ message, mapping }) => {
    const posted = accepting()
    const said = await tracklayer.single('syncAudience', message, mapping)
    expect(said).toMatchObject({ outcome: 'accepted' })
    expect(posted[0]).toMatchObject([{ kind: 'audience', canonical: null }])
    const { type, event, properties, traits } = message
    expect(posted[0]?.[0]?.message).toMatchObject(
      JSON.parse(JSON.stringify({ type, event, properties, traits })),
    )
  })

  test('a row says to which audience it belongs', async () => {
    const posted = accepting()
    await tracklayer.single('syncAudience', row('new'), { audience_key: 'churned' })
    expect(posted[0]?.[0]?.message.context).toEqual({ personas: { computation_key: 'churned' } })
  })

  test.each<readonly [string, JsonObject, RegExp]>([
    ['no audience', { ...membership('u1', true), context: {} }, /is about no audience/],
    ['no membership', { ...membership('u1', true), traits: {} }, /membership is not stated/],
    ['nobody', { ...membership('u1', true), userId: undefined }, /nobody is named/],
    [
      'a computed trait',
      membership('u1', 450, {
        context: { personas: personas({ computation_class: 'computed_trait' }) },
      }),
      /a computed trait is no membership/,
    ],
  ])('%s is refused with the reason, and nothing is posted', async (_name, message, reason) => {
    const error = await errorOf(tracklayer.single('syncAudience', message))
    expect(error).toMatchObject({ status: 400, code: 'PAYLOAD_VALIDATION_FAILED' })
    expect(error.message).toMatch(reason)
  })

  test('a batch is answered by position, and its bad rows cost no other', async () => {
    const posted = accepting()
    const nodes = await tracklayer.batch('syncAudience', [
      membership('u1', true),
      { ...membership('u2', true), traits: {} },
      { ...membership('u3', true), type: 'page' },
      membership('u4', false),
    ])
    expect(nodes.map(({ status }) => status)).toEqual([200, 400, 400, 200])
    expect(nodes[1]?.errormessage).toMatch(/membership is not stated/)
    expect(posted.map((entries) => entries.map(({ message }) => message.userId))).toEqual([
      ['u1', 'u4'],
    ])
  })
})

describe('presets', () => {
  const trait = personas({ computation_class: 'computed_trait', computation_key: 'ltv' })
  const messages: readonly (readonly [string, string, JsonObject])[] = [
    ['an order', 'Track Events', orderMessage('o1')],
    ['a person', 'Identify Users', identify],
    ['a group', 'Group Users', group],
    [
      'a computed trait, as an event',
      'Computed Traits Sent as Events',
      {
        ...orderMessage('o1'),
        event: 'Trait Computed',
        properties: { trait_key: 'ltv', ltv: 450 },
        context: { personas: trait },
      },
    ],
    [
      'a computed trait, as an identify',
      'Identify Users',
      {
        ...identify,
        traits: { ltv: 450 },
        context: { personas: { ...trait, computation_class: 'trait' } },
      },
    ],
    ['an audience, as an identify', 'Sync Audiences and Journeys', membership('u1', true)],
    [
      'an audience, as an event',
      'Sync Audiences and Journeys',
      entered('u1', 'Audience Exited', { vip: false }),
    ],
    [
      'a step of a journey',
      'Sync Audiences and Journeys',
      entered('u1', 'x', {}, { computation_class: 'journey_step' }),
    ],
  ]
  const automatic = (definition.presets ?? []).filter(({ type }) => type === 'automatic')

  test.each(messages)('%s is taken by one: %s', async (_name, wanted, message) => {
    const posted = accepting()
    const takers: (string | undefined)[] = []
    for (const preset of automatic) {
      const said = await subscribed(preset, message)
      if (!JSON.stringify(said).includes('not subscribed')) takers.push(preset.name)
    }
    expect(takers).toEqual([wanted])
    expect(posted).toHaveLength(1)
    if (message.event === 'Trait Computed')
      expect(posted[0]?.[0]).toMatchObject({ kind: 'profile', message: { traits: { ltv: 450 } } })
    expect(JSON.stringify(posted[0]?.[0]?.message.traits ?? {})).not.toContain('trait_key')
  })

  const announced = (definition.presets ?? []).filter(({ type }) => type === 'specificEvent')
  test.each(announced.map((preset) => [preset.name, preset] as const))(
    '%s sends memberships',
    async (_name, preset) => {
      const posted = accepting()
      const eventSlug = 'eventSlug' in preset ? preset.eventSlug : ''
      const message = eventSlug.endsWith('identify')
        ? membership('u1', true)
        : entered('u1', 'Any Name', { vip: true })
      await subscribed({ ...preset, subscribe: 'type != "page"' } as Preset, message)
      expect(posted[0]).toMatchObject([{ kind: 'audience' }])
    },
  )

  function subscribed(preset: Preset, message: JsonObject) {
    const { partnerAction, mapping } = preset
    const subscribe = 'subscribe' in preset ? String(preset.subscribe) : ''
    const subscription = { subscribe, partnerAction, mapping: structuredClone(mapping ?? {}) }
    const destination = new Destination(definition)
    return destination.onEvent(message as never, { ...settings, subscription } as never)
  }
})

describe('an answer that is no 200', () => {
  test.each([
    [
      401,
      { error: { code: 'unauthorized', message: 'Signature does not match' } },
      503,
      'RETRYABLE_ERROR',
    ],
    [429, { error: { code: 'overloaded', message: 'send again' } }, 429, 'RETRYABLE_ERROR'],
    [503, { error: { code: 'unavailable', message: 'send again' } }, 503, 'RETRYABLE_ERROR'],
    [502, '<html>', 503, 'RETRYABLE_ERROR'],
    [404, '<html>', 503, 'RETRYABLE_ERROR'],
    [400, '<html>', 503, 'RETRYABLE_ERROR'],
    [200, '<html>', 503, 'RETRYABLE_ERROR'],
    [302, '', 503, 'RETRYABLE_ERROR'],
    [408, '', 408, 'SELF_TIMEOUT'],
    [413, { error: { code: 'body_too_large', message: 'too large' } }, 413, 'RECEIVER_REJECTED'],
    [422, { error: { code: 'any', message: 'never' } }, 400, 'PAYLOAD_VALIDATION_FAILED'],
  ] as const)('%i %j is told as %i %s', async (answered, body, status, code) => {
    answering(() => [answered, body])
    const error = await errorOf(tracklayer.single('trackEvent', orderMessage('o1')))
    expect({ status: error.status, code: error.code }).toEqual({ status, code })
    expect(error.message).not.toContain(SECRETS.production)
  })

  test.each([
    [500, 503, 'RETRYABLE_ERROR'],
    [429, 503, 'RETRYABLE_ERROR'],
    [400, 400, 'PAYLOAD_VALIDATION_FAILED'],
    [409, 409, 'RECEIVER_REJECTED'],
  ])('a result of %i for the message is told as %i %s', async (answered, status, code) => {
    answering(() => [200, { results: [{ status: answered, reason: 'because' }] }])
    const error = await errorOf(tracklayer.single('trackEvent', orderMessage('o1')))
    expect(error).toMatchObject({ status, code, message: 'Message "msg-o1": because' })
  })

  test('holds for a whole batch when it may pass later', async () => {
    answering(() => [503, ''])
    const batch = tracklayer.batch('trackEvent', [orderMessage('o1'), orderMessage('o2')])
    expect(await errorOf(batch)).toMatchObject({ status: 503, code: 'RETRYABLE_ERROR' })
  })

  test('a setting that is wrong loses nothing: Segment tries again by the status', async () => {
    const wrong = driveTrackLayer(settingsFor('http://tracklayer.example.com'))
    expect(await errorOf(wrong.single('trackEvent', orderMessage('o1')))).toMatchObject({
      status: 503,
      code: 'SETTINGS_INVALID',
      message: expect.stringContaining('"storeUrl" must be an https:// address'),
    })
  })

  test('a connection that fails may succeed later', async () => {
    nock(STORE).post('/segment/events').replyWithError(new Error('connect ECONNREFUSED'))
    expect(await errorOf(tracklayer.single('trackEvent', orderMessage('o1')))).toMatchObject({
      status: 503,
      message: expect.stringContaining('Cannot reach the store: '),
    })
  })
})

describe('audiences', () => {
  const { destination } = tracklayer
  const input = {
    settings,
    audienceName: 'Very important people',
    personas: { computation_id: 'aud_2a', computation_key: 'vip', namespace: 'spa_1' },
  }
  const objects = (status: number, body: nock.Body) => {
    const asked: unknown[] = []
    nock(STORE)
      .post('/segment/audiences/objects')
      .reply((_uri, question) => {
        asked.push(question)
        return [status, body]
      })
    return asked
  }

  test('createAudience says what Segment knows and returns the id of the store', async () => {
    const asked = objects(200, { audience: { id: 'tla_1' } })
    const audienceSettings = { audienceName: 'VIPs' }
    const created = await destination.createAudience({ ...input, audienceSettings })
    expect(created).toEqual({ externalId: 'tla_1' })
    expect(asked).toEqual([
      {
        action: 'create',
        audience: {
          name: 'VIPs',
          computation_id: 'aud_2a',
          computation_key: 'vip',
          space_id: 'spa_1',
          settings: audienceSettings,
        },
      },
    ])
  })

  test('createAudience wants a name', async () => {
    const error = await errorOf(destination.createAudience({ ...input, audienceName: '' }))
    expect(error).toMatchObject({ status: 400, code: 'MISSING_REQUIRED_FIELD' })
  })

  test('createAudience is refused by the store’s own word alone', async () => {
    objects(400, { error: { code: 'invalid_audience', message: 'audience.name is missing' } })
    expect(await errorOf(destination.createAudience(input))).toMatchObject({
      status: 400,
      code: 'RECEIVER_REJECTED',
    })
    objects(400, '<html>')
    expect(await errorOf(destination.createAudience(input))).toMatchObject({ status: 503 })
  })

  test('getAudience answers the id again, or says that there is none', async () => {
    const asked = objects(200, { audience: { id: 'tla_1' } })
    expect(await destination.getAudience({ settings, externalId: 'tla_1' })).toEqual({
      externalId: 'tla_1',
    })
    expect(asked).toEqual([{ action: 'get', audience: { id: 'tla_1' } }])
    objects(404, { error: { code: 'not_found', message: 'No audience' } })
    expect(await errorOf(destination.getAudience({ settings, externalId: 'x' }))).toMatchObject({
      status: 404,
      code: 'GET_AUDIENCE_FAILED',
    })
    objects(404, '<html>')
    expect(await errorOf(destination.getAudience({ settings, externalId: 'x' }))).toMatchObject({
      status: 503,
    })
  })
})

describe('the deletion of a person', () => {
  const { destination } = tracklayer
  const forget = () =>
    destination.onDelete?.({ userId: 'u1', anonymousId: null } as never, settings as never)

  test('is sent with an id that the day’s repeats share', async () => {
    const posted = [accepting(), accepting()]
    expect(await forget()).toMatchObject({ outcome: 'accepted' })
    await forget()
    const [first, second] = posted.flat(2)
    expect(first).toMatchObject({ kind: 'delete', message: { type: 'delete', userId: 'u1' } })
    expect(first?.message.messageId).toMatch(/^delete-\d{4}-\d\d-\d\d-u1-$/)
    expect(second?.message).toEqual(first?.message)
  })

  test('may be asked for again later', async () => {
    answering(() => [503, ''])
    expect(await errorOf(forget() as Promise<unknown>)).toMatchObject({ status: 503 })
  })
})
