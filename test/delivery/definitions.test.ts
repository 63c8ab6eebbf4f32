import { canonicalJson } from '../../core/canonical-json.ts'
import { canonicalise } from '../../core/canonicalise.ts'
import type { ReturnsFile } from '../../core/destination-schema.ts'
import { TrackLayerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { HEADERS, verify } from '../../core/signature.ts'
import type { DeliveryResult } from '../../delivery/destination.ts'
import { parseRetryAfter } from '../../delivery/retry-after.ts'
import { createTransport, type OutgoingRequest, type Transport } from '../../delivery/transport.ts'
import type { ClaimedDelivery } from '../../store/deliveries.ts'
import { table } from '../core/support/table.ts'
import { type DestinationSpec, destinationTo, WEBHOOK_SECRET } from '../support/delivery.ts'
import { createManualClock } from '../support/manual-clock.ts'
import {
  json,
  type RecordingServer,
  startRecordingServer,
  text,
} from '../support/recording-server.ts'
import { ACCOUNT, orderMessage } from '../support/signed-batch.ts'

const RETURNS: ReturnsFile = {
  returns: { purchase: { event: 'Purchase Confirmed' } },
  integrations: { 'Facebook Conversions API': false },
  traits: {},
}

const transport = createTransport({ allowPrivateAddresses: true })
const clock = createManualClock()
let receiver: RecordingServer
beforeEach(async () => {
  receiver = await startRecordingServer(text(200, 'ok'))
})
afterEach(() => receiver.close())
afterAll(() => transport.close())

function claimed(
  over: JsonObject = {},
  canonicalUserId: string | null = 'user-o1',
): ClaimedDelivery {
  const { canonical } = canonicalise(orderMessage('o1', over), table)
  if (!canonical) throw new Error('not an event of the table')
  return {
    id: '1',
    attempt: 1,
    canonical,
    canonicalUserId,
    receivedAt: new Date(clock.now()),
    consents: [],
  }
}

async function deliverTo(
  spec: Partial<DestinationSpec>,
  delivery = claimed(),
): Promise<DeliveryResult | undefined> {
  const destination = destinationTo({
    url: `${receiver.url}/hook`,
    transport: transport.send,
    clock,
    returns: RETURNS,
    ...spec,
  })
  const [result] = await destination.deliver([delivery])
  return result
}

function received(at = 0): OutgoingRequest & { readonly headers: Record<string, string> } {
  const request = receiver.requests[at]
  if (!request) throw new Error('nothing was received')
  return {
    url: request.path,
    headers: request.headers as Record<string, string>,
    body: request.body.toString(),
    timeoutMs: 0,
  }
}

function isSigned(body: string, headers: Record<string, string>): boolean {
  const content = {
    timestamp: headers[HEADERS.timestamp.toLowerCase()] ?? '',
    account: ACCOUNT,
    environment: 'production',
    body,
  }
  return verify([WEBHOOK_SECRET], content, headers[HEADERS.signature.toLowerCase()] ?? '')
}

describe('the webhook', () => {
  test('with subscriptions, takes only the events that a trigger takes', async () => {
    const trigger = (name: string) => `tracklayer_event = "${name}"`
    expect(await deliverTo({ trigger: trigger('audience_entered') })).toEqual({
      kind: 'filtered',
      reason: 'trigger',
    })
    expect(receiver.requests).toHaveLength(0)
    expect(await deliverTo({ trigger: trigger('purchase') })).toMatchObject({ kind: 'delivered' })
  })

  test('carries the canonical event with the id the person has by now', async () => {
    await deliverTo({}, claimed({ userId: null, anonymousId: 'a' }, 'later'))
    const { event } = JSON.parse(received().body)
    expect(event).toMatchObject({ canonical_user_id: 'later', anonymous_id: 'a' })
    expect(isSigned(received().body, received().headers)).toBe(true)
  })

  test.each([
    { eventId: 'order:7', key: 'purchase:order:7' },
    { eventId: 'bestellung ✓ ü', key: 'purchase:bestellung%20%E2%9C%93%20%C3%BC' },
    { eventId: 'line\nbreak', key: 'purchase:line%0Abreak' },
  ])('of the event id "$eventId" has an Idempotency-Key that a header can carry', async (row) => {
    const result = await deliverTo(
      {},
      claimed({ properties: { order_id: 'o1', event_id: row.eventId } }),
    )
    expect(result).toMatchObject({ kind: 'delivered' })
    expect(received().headers['idempotency-key']).toBe(row.key)
    expect(JSON.parse(received().body).event.properties.event_id).toBe(row.eventId)
  })
})

describe('the return path', () => {
  const returned = { definition: 'segment-return' } as const

  test('posts the message of its row, which verifies after its keys were sorted', async () => {
    const result = await deliverTo(returned)
    expect(result).toMatchObject({ kind: 'delivered' })
    const { body, headers } = received()
    const { batch } = JSON.parse(body)
    expect(batch).toEqual([
      {
        type: 'track',
        event: 'Purchase Confirmed',
        messageId: expect.stringMatching(/^tracklayer_[0-9a-f]{40}$/),
        userId: 'user-o1',
        timestamp: '2026-04-23T10:15:00.000Z',
        properties: {
          event_id: 'seg_msg-o1',
          order_id: 'o1',
          value: 129.95,
          currency: 'EUR',
          tracklayer_event: 'purchase',
        },
        context: { tracklayer: { origin: 'tracklayer', environment: 'production' } },
        integrations: { 'Facebook Conversions API': false },
      },
    ])
    expect(headers['idempotency-key']).toBe(batch[0].messageId)
    expect(canonicalJson(JSON.parse(body))).toBe(body)
    const reordered = JSON.stringify({
      batch: batch.map((each: object) => Object.fromEntries(Object.entries(each).reverse())),
    })
    expect(reordered).not.toBe(body)
    expect(isSigned(canonicalJson(JSON.parse(reordered)), headers)).toBe(true)
    expect(isSigned(canonicalJson({ batch: [{ ...batch[0], userId: 'other' }] }), headers)).toBe(
      false,
    )
  })

  test('sends the same message at every attempt', async () => {
    await deliverTo(returned)
    clock.advance(60_000)
    await deliverTo(returned)
    expect(received(1).body).toBe(received(0).body)
    expect(received(1).headers['x-tracklayer-timestamp']).not.toBe(
      received(0).headers['x-tracklayer-timestamp'],
    )
  })

  const named = (name: string) => {
    const delivery = claimed()
    return { ...delivery, canonical: { ...delivery.canonical, tracklayer_event: name } }
  }
  test.each([
    { name: 'an event without a row', delivery: named('view_content'), reason: 'trigger' },
    { name: 'an event named "constructor"', delivery: named('constructor'), reason: 'trigger' },
    { name: 'an event named "__proto__"', delivery: named('__proto__'), reason: 'trigger' },
    {
      name: 'an event of nobody',
      delivery: claimed({ userId: null }, null),
      reason: 'no_identifier',
    },
  ])('leaves $name out: $reason, and nothing is sent', async ({ delivery, reason }) => {
    expect(await deliverTo(returned, delivery)).toEqual({ kind: 'filtered', reason })
    expect(receiver.requests).toEqual([])
  })
})

describe('an attempt on record', () => {
  test('names the request without query, user or password', async () => {
    const { port } = new URL(receiver.url)
    const result = await deliverTo({ url: `http://jane:s3cret@127.0.0.1:${port}/a/b?key=k3y#part` })
    expect(received().url).toBe('/a/b?key=k3y')
    expect(received().headers.authorization).toBe(`Basic ${btoa('jane:s3cret')}`)
    expect(result).toMatchObject({
      attempt: {
        request: {
          method: 'POST',
          url: `http://127.0.0.1:${port}/a/b`,
          bytes: Buffer.byteLength(received().body),
        },
      },
    })
    expect(JSON.stringify(result)).not.toMatch(/s3cret|k3y|receiver-secret|sha256=/)
  })

  test('keeps 500 characters of the answer, without NUL', async () => {
    receiver.otherwise(text(200, `a\0${'x'.repeat(2000)}`))
    const result = await deliverTo({})
    expect(result).toMatchObject({ attempt: { response: `a${'x'.repeat(499)}` } })
  })

  test('keeps an empty answer as none', async () => {
    receiver.otherwise(text(204, ''))
    expect(await deliverTo({})).toMatchObject({ attempt: { status: 204, response: null } })
  })

  test('masks what the receiver repeats of the person, and nothing else', async () => {
    receiver.otherwise((response, { body }) => void response.writeHead(400).end(body))
    const traits = { email: 'jane.doe@example.com', phone: '+49 170 5551234', firstName: 'Jane' }
    const result = await deliverTo(
      {},
      claimed({ context: { traits, ip: '203.0.113.77', userAgent: 'Mozilla/5.0 (X11)' } }),
    )
    const shown = JSON.stringify(result)
    for (const value of ['jane.doe', '5551234', 'Jane', '203.0.113.77', 'Mozilla'])
      expect(shown).not.toContain(value)
    expect(shown).toContain('seg_msg-o1')
  })

  test('takes its times from the clock', async () => {
    const before = clock.now()
    const slow: Transport = async () => {
      clock.advance(1234)
      return { status: 200, headers: {}, body: '' }
    }
    expect(await deliverTo({ transport: slow })).toMatchObject({
      attempt: { startedAt: new Date(before), durationMs: 1234 },
    })
  })
})

describe('a failure', () => {
  test('of the transport may pass, and has no status', async () => {
    const lost: Transport = () => Promise.reject(new TrackLayerError('TIMED_OUT', 'no answer'))
    expect(await deliverTo({ transport: lost })).toMatchObject({
      kind: 'failed',
      retryable: true,
      reason: 'no answer',
      attempt: { status: null, error: 'no answer', response: null },
    })
  })

  test('of ours surfaces', async () => {
    const broken: Transport = () => Promise.reject(new TypeError('ours'))
    await expect(deliverTo({ transport: broken })).rejects.toThrow('ours')
  })

  test('carries what the receiver asked for', async () => {
    receiver.otherwise(json(503, { wait: true }, { 'Retry-After': '120' }))
    expect(await deliverTo({})).toMatchObject({ kind: 'failed', retryAfterMs: 120_000 })
  })
})

describe('parseRetryAfter()', () => {
  const now = Date.parse('2026-04-23T10:00:00Z')
  test.each([
    { value: undefined, want: null },
    { value: ['1', '2'], want: null },
    { value: '0', want: 0 },
    { value: '120', want: 120_000 },
    { value: 'Thu, 23 Apr 2026 10:02:00 GMT', want: 120_000 },
    { value: 'Thu, 23 Apr 2026 09:00:00 GMT', want: 0 },
    { value: 'Thu, 23 Apr 2126 10:00:00 GMT', want: 86_400_000 },
    { value: '99999999999999999999', want: 86_400_000 },
    { value: '-5', want: 0 },
    { value: 'soon', want: null },
    { value: '', want: null },
  ])('$value is $want ms', ({ value, want }) => {
    expect(parseRetryAfter(value, now)).toBe(want)
  })
})

test('an event of one environment is signed for that environment only', async () => {
  await deliverTo({ environment: 'staging' })
  expect(received().headers['x-tracklayer-environment']).toBe('staging')
  expect(isSigned(received().body, received().headers)).toBe(false)
})
