import fc from 'fast-check'
import type { CanonicalEvent } from '../../core/canonical-event.ts'
import { isOwnReturn } from '../../core/loop-mark.ts'
import { returnMessage, returnMessageId } from '../../core/return-message.ts'
import { anyText } from '../support/any-text.ts'
import { canonicalOf } from './support/events.ts'

const OPTIONS = {
  event: 'Purchase Confirmed',
  environment: 'production',
  canonicalUserId: 'cust_1',
  integrations: { All: true, 'Some Tool': false },
}
const TRACKING_API_LIMIT = 32 * 1024

function purchase(
  properties: Record<string, unknown>,
  over: Partial<CanonicalEvent> = {},
): CanonicalEvent {
  const { canonical } = canonicalOf({ anonymousId: 'anon_1' })
  return {
    ...canonical,
    ...over,
    properties: { ...canonical.properties, ...properties } as CanonicalEvent['properties'],
  }
}

describe('returnMessage()', () => {
  test('is a track call with the amounts, both ids, the time it happened and the loop mark', () => {
    const canonical = purchase({ order_id: 'O1', value: 129.95, currency: 'EUR' })
    expect(returnMessage(canonical, OPTIONS)).toEqual({
      type: 'track',
      event: 'Purchase Confirmed',
      messageId: returnMessageId('production', 'purchase', 'seg_msg_1'),
      userId: 'cust_1',
      anonymousId: 'anon_1',
      timestamp: '2026-04-23T10:15:30.000Z',
      properties: {
        event_id: 'seg_msg_1',
        order_id: 'O1',
        value: 129.95,
        currency: 'EUR',
        tracklayer_event: 'purchase',
      },
      context: { tracklayer: { origin: 'tracklayer', environment: 'production' } },
      integrations: { All: true, 'Some Tool': false },
    })
  })

  test('goes to who the person is known to be by now, not to who sent it', () => {
    const message = returnMessage(purchase({}), { ...OPTIONS, canonicalUserId: 'merged_9' })
    expect(message?.userId).toBe('merged_9')
  })

  test('leaves out what is unknown', () => {
    const canonical = purchase({}, { anonymous_id: null, occurred_at: null })
    const message = returnMessage(canonical, OPTIONS)
    expect(Object.keys(message ?? {})).toEqual(
      expect.not.arrayContaining(['anonymousId', 'timestamp']),
    )
  })

  test('is nothing for a person without any id, which Segment refuses', () => {
    expect(
      returnMessage(purchase({}, { anonymous_id: null }), { ...OPTIONS, canonicalUserId: null }),
    ).toBeNull()
  })

  test.each([
    {
      name: 'many order lines',
      properties: { line_items: new Array(2000).fill({ item_id: 'SKU', price: 1 }) },
    },
    {
      name: 'order lines in a script of three bytes a character',
      properties: { line_items: new Array(300).fill({ name: '東京'.repeat(20) }) },
    },
    { name: 'one long text', properties: { note: 'x'.repeat(40_000) } },
    {
      name: 'hundreds of middling texts',
      properties: Object.fromEntries(
        Array.from({ length: 300 }, (_, at) => [`p${at}`, 'y'.repeat(500)]),
      ),
    },
    {
      name: 'texts that grow when escaped',
      properties: Object.fromEntries(
        Array.from({ length: 100 }, (_, at) => [`p${at}`, '\u0001'.repeat(400)]),
      ),
    },
  ])('fits the Tracking API with $name, amounts and ids kept', ({ properties }) => {
    const canonical = purchase({ ...properties, order_id: 'O1', value: 9, currency: 'EUR' })
    const message = returnMessage(canonical, OPTIONS)
    expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(TRACKING_API_LIMIT)
    expect(message?.properties).toMatchObject({
      event_id: 'seg_msg_1',
      order_id: 'O1',
      value: 9,
      currency: 'EUR',
      tracklayer_event: 'purchase',
    })
  })

  test('keeps order lines that fit', () => {
    const line_items = [{ item_id: 'SKU-1', price: 2 }]
    expect(returnMessage(purchase({ line_items }), OPTIONS)?.properties).toMatchObject({
      line_items,
    })
  })
})

describe('returnMessageId()', () => {
  const text = anyText({ maxLength: 300 })

  test('is below 100 characters for any input, and the same each time', () => {
    fc.assert(
      fc.property(text, text, text, (environment, name, eventId) => {
        const id = returnMessageId(environment, name, eventId)
        expect(id).toMatch(/^tracklayer_[0-9a-f]{40}$/)
        expect(returnMessageId(environment, name, eventId)).toBe(id)
      }),
      { seed: 3, numRuns: 100 },
    )
  })

  test('differs by environment, event and event id', () => {
    const ids = [
      returnMessageId('production', 'purchase', 'e1'),
      returnMessageId('staging', 'purchase', 'e1'),
      returnMessageId('production', 'lead', 'e1'),
      returnMessageId('production', 'purchase', 'e2'),
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('isOwnReturn()', () => {
  test('knows what returnMessage() made', () => {
    expect(isOwnReturn(returnMessage(purchase({}), OPTIONS) ?? {})).toBe(true)
  })

  test.each([
    {
      name: 'the mark of another environment',
      context: { tracklayer: { origin: 'tracklayer', environment: 'x' } },
      own: true,
    },
    { name: 'no context', context: null, own: false },
    { name: 'a context that is a list', context: [], own: false },
    { name: 'a mark without origin', context: { tracklayer: {} }, own: false },
    { name: 'a mark that is text', context: { tracklayer: 'tracklayer' }, own: false },
    { name: 'an origin elsewhere', context: { origin: 'tracklayer' }, own: false },
  ])('$name: $own', ({ context, own }) => {
    expect(isOwnReturn({ type: 'track', context })).toBe(own)
  })
})
