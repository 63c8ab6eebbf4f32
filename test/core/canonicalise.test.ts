import type { Json, JsonObject } from '../../core/json.ts'
import { canonicalOf, entryOf } from './support/events.ts'
import { table } from './support/table.ts'

describe('canonicalise()', () => {
  test('gives the canonical event of design 3.2', () => {
    const message = {
      type: 'track',
      event: 'Order Completed',
      messageId: 'msg_01HX9',
      timestamp: '2026-04-23T10:15:30.000Z',
      userId: 'cust_10482',
      anonymousId: 'anon_8dca',
      context: {
        ip: '203.0.113.7',
        userAgent: 'Mozilla/5.0',
        locale: 'de-DE',
        page: { url: 'https://shop.example/thanks?gclid=Cj0', path: '/thanks' },
        campaign: { source: 'google' },
        fbp: 'fb.1.1.2',
        fbc: 'fb.1.1.IwAR',
        traits: {
          email: 'jane@example.com',
          phone: '+4915112345678',
          firstName: 'Jane',
          lastName: 'Doe',
          address: { city: 'Berlin', state: 'BE', postalCode: '10115', country: 'DE' },
        },
        consent: { categoryPreferences: { advertising: true, analytics: false } },
      },
      properties: {
        orderId: 'ORD-10492',
        revenue: '129.95',
        currency: 'eur',
        products: [{ sku: 'SKU-481', name: 'Shoe', price: 89.95, quantity: 1 }, { sku: 'SKU-812' }],
      },
    }
    expect(entryOf(message)).toEqual({
      kind: 'event',
      message,
      warnings: [],
      canonical: {
        segment_event: 'Order Completed',
        tracklayer_event: 'purchase',
        message_id: 'msg_01HX9',
        occurred_at: '2026-04-23T10:15:30.000Z',
        canonical_user_id: 'cust_10482',
        anonymous_id: 'anon_8dca',
        user: {
          email: 'jane@example.com',
          phone: '+4915112345678',
          first_name: 'Jane',
          last_name: 'Doe',
          city: 'Berlin',
          region: 'BE',
          postal_code: '10115',
          country: 'DE',
        },
        consent: { advertising: true, analytics: false },
        context: {
          ip: '203.0.113.7',
          user_agent: 'Mozilla/5.0',
          locale: 'de-DE',
          page: { url: 'https://shop.example/thanks?gclid=Cj0', path: '/thanks' },
          campaign: { source: 'google' },
          click_ids: { gclid: 'Cj0', fbp: 'fb.1.1.2', fbc: 'fb.1.1.IwAR' },
        },
        properties: {
          event_id: 'seg_msg_01HX9',
          order_id: 'ORD-10492',
          value: 129.95,
          currency: 'EUR',
          items: ['SKU-481', 'SKU-812'],
          line_items: [
            { item_id: 'SKU-481', name: 'Shoe', price: 89.95, quantity: 1 },
            { item_id: 'SKU-812' },
          ],
        },
        mapping_version: table.version,
      },
    })
  })

  test('says that the time is unknown rather than taking the time of arrival', () => {
    const { canonical, warnings } = canonicalOf({
      timestamp: null,
      receivedAt: '2026-04-23T10:15:30.000Z',
    })
    expect(canonical.occurred_at).toBeNull()
    expect(warnings).toEqual(['timestamp is missing or is no instant; occurred_at is unknown'])
  })
})

const personas = (computation_class: string) => ({
  personas: { computation_class, computation_key: 'k' },
})

describe('the kind of a message', () => {
  test.each([
    { name: 'a track call with a row', message: {}, kind: 'event' },
    { name: 'its type in odd case', message: { type: 'TRACK' }, kind: 'event' },
    { name: 'a track call without a row', message: { event: 'Button Clicked' }, kind: 'unmapped' },
    { name: 'an event name that is no text', message: { event: 7 }, kind: 'unmapped' },
    {
      name: 'an event named like a method of objects',
      message: { event: 'constructor' },
      kind: 'unmapped',
    },
    { name: 'identify', message: { type: 'identify' }, kind: 'profile' },
    { name: 'group', message: { type: 'group' }, kind: 'group' },
    { name: 'alias', message: { type: 'alias' }, kind: 'alias' },
    { name: 'delete', message: { type: 'delete', context: [], integrations: [] }, kind: 'delete' },
    { name: 'page', message: { type: 'page' }, kind: 'unmapped' },
    { name: 'screen', message: { type: 'screen' }, kind: 'unmapped' },
    { name: 'no type', message: { type: null }, kind: 'unmapped' },
    { name: 'an unknown type', message: { type: 'event' }, kind: 'unmapped' },
    {
      name: 'an audience as track',
      message: { event: 'Audience Entered', context: personas('audience') },
      kind: 'audience',
    },
    {
      name: 'an audience under the name of a business event',
      message: { event: 'Order Completed', context: personas('audience') },
      kind: 'audience',
    },
    {
      name: 'an audience as identify',
      message: { type: 'identify', context: personas('audience') },
      kind: 'audience',
    },
    {
      name: 'a journey step',
      message: { event: 'Winback', context: personas('journey_step') },
      kind: 'audience',
    },
    {
      name: 'a computed trait as identify',
      message: { type: 'identify', context: personas('computed_trait') },
      kind: 'profile',
    },
    {
      name: 'a trait, as the docs call it',
      message: { type: 'identify', context: personas('trait') },
      kind: 'profile',
    },
    {
      name: 'an account-level audience as group',
      message: { type: 'group', context: personas('audience') },
      kind: 'group',
    },
    { name: 'an audience name alone', message: { event: 'Audience Entered' }, kind: 'unmapped' },
    {
      name: 'personas that are no object',
      message: { type: 'identify', context: { personas: 'audience' } },
      kind: 'profile',
    },
  ] as { name: string; message: JsonObject; kind: string }[])(
    '$name: $kind',
    ({ message, kind }) => {
      const entry = entryOf(message)
      expect(entry.kind).toBe(kind)
      expect(entry.canonical === null).toBe(kind !== 'event')
    },
  )
})

describe('a name that differs only by case or spacing', () => {
  test.each([
    ['order completed'],
    ['Order_Completed'],
    ['order-completed'],
    ['OrderCompleted'],
    ['Order Completed '],
    ['Order  Completed'],
  ])('"%s" is unmapped, with the name that was meant', (event) => {
    const entry = entryOf({ event })
    expect(entry.kind).toBe('unmapped')
    expect(entry.warnings).toEqual([
      `"${event}" has no row; "Order Completed" has one and differs only by case or spacing`,
    ])
  })

  test.each([['Completed Order'], ['Orders Completed'], ['']])('"%s" gets no hint', (event) => {
    expect(entryOf({ event }).warnings).toEqual([])
  })

  test('an event that is no text is told so', () => {
    expect(entryOf({ event: ['Order Completed'] }).warnings).toEqual([
      'event is not text, so no row can match; send the event name as a string',
    ])
  })

  test('only track calls get hints', () => {
    expect(entryOf({ type: 'page', event: 'order completed' }).warnings).toEqual([])
  })
})

describe('event_id', () => {
  test.each([
    { name: 'the sender’s own', event_id: 'own-1', want: 'own-1' },
    { name: 'the sender’s own as a number', event_id: 77, want: '77' },
    { name: 'one of 255 characters', event_id: 'x'.repeat(255), want: 'x'.repeat(255) },
    { name: 'the message’s for none', event_id: undefined, want: 'seg_msg_1' },
    { name: 'the message’s for null', event_id: null, want: 'seg_msg_1' },
    { name: 'the message’s for blanks', event_id: '  ', want: 'seg_msg_1' },
  ])('is $name', ({ event_id, want }) => {
    const { canonical, warnings } = canonicalOf({ properties: { event_id } })
    expect(canonical.properties.event_id).toBe(want)
    expect(warnings).toEqual([])
  })

  test('of more than 255 characters is not used', () => {
    const { canonical, warnings } = canonicalOf({ properties: { event_id: 'x'.repeat(256) } })
    expect(canonical.properties.event_id).toBe('seg_msg_1')
    expect(warnings).toEqual(['event_id is longer than 255 characters and is not used'])
  })

  test.each([[{ id: 1 }], [[1]], [true]])('of %p is not used, and said so', (event_id) => {
    const { canonical, warnings } = canonicalOf({ properties: { event_id } })
    expect(canonical.properties.event_id).toBe('seg_msg_1')
    expect(warnings).toEqual([expect.stringMatching(/^event_id is .* cannot be read as text/)])
  })

  test('of a message without messageId is the same for the same content', () => {
    const ids = [
      { userId: 'u', a: 1 },
      { a: 1, userId: 'u' },
      { userId: 'v', a: 1 },
    ].map((over) => canonicalOf({ ...over, messageId: null }).canonical.properties.event_id)
    expect(ids[0]).toMatch(/^seg_hash_[0-9a-f]{32}$/)
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
  })
})

describe('the user', () => {
  test.each([
    {
      name: 'camel case',
      traits: { firstName: 'Jane', lastName: 'Doe' },
      want: { first_name: 'Jane', last_name: 'Doe' },
    },
    {
      name: 'snake case',
      traits: { first_name: 'Jane', last_name: 'Doe' },
      want: { first_name: 'Jane', last_name: 'Doe' },
    },
    {
      name: 'lower case',
      traits: { firstname: 'Jane', lastname: 'Doe' },
      want: { first_name: 'Jane', last_name: 'Doe' },
    },
    {
      name: 'an empty spelling beside a filled one',
      traits: { firstName: '', first_name: 'Jane' },
      want: { first_name: 'Jane' },
    },
    {
      name: 'an address object',
      traits: {
        address: { city: 'Berlin', state: 'BE', postalCode: '10115', country: 'DE', street: 'x' },
      },
      want: { city: 'Berlin', region: 'BE', postal_code: '10115', country: 'DE' },
    },
    {
      name: 'address parts beside it',
      traits: { city: 'Berlin', region: 'BE', zip: 10115, country: 'DE' },
      want: { city: 'Berlin', region: 'BE', postal_code: '10115', country: 'DE' },
    },
    {
      name: 'the address object before parts beside it',
      traits: { city: 'Bonn', address: { city: 'Berlin' } },
      want: { city: 'Berlin' },
    },
    { name: 'an address as one text', traits: { address: '461 2nd St.' }, want: {} },
    { name: 'a full name, which is not cut in two', traits: { name: 'Jane Doe' }, want: {} },
    {
      name: 'a phone number sent as a number',
      traits: { phone: 4915112345678 },
      want: { phone: '4915112345678' },
    },
    {
      name: 'blanks around, and nothing else, changed',
      traits: { email: ' Jane@Example.com ' },
      want: { email: 'Jane@Example.com' },
    },
    { name: 'null and empty', traits: { email: null, phone: '', city: ' ' }, want: {} },
  ] as { name: string; traits: JsonObject; want: JsonObject }[])(
    'reads $name',
    ({ traits, want }) => {
      const { canonical, warnings } = canonicalOf({ context: { traits } })
      expect(canonical.user).toEqual(want)
      expect(warnings).toEqual([])
    },
  )

  test('is taken from context.traits, then traits, then properties', () => {
    const { canonical } = canonicalOf({
      context: { traits: { email: 'context@example.com' } },
      traits: { email: 'traits@example.com', phone: '+1' },
      properties: { email: 'properties@example.com', phone: '+2', first_name: 'Jane' },
    })
    expect(canonical.user).toEqual({
      email: 'context@example.com',
      phone: '+1',
      first_name: 'Jane',
    })
  })

  test('has no place from the properties: they speak of the order', () => {
    expect(canonicalOf({ properties: { city: 'Rome', country: 'IT' } }).canonical.user).toEqual({})
  })

  test('says which field cannot be read, and takes the next source', () => {
    const { canonical, warnings } = canonicalOf({
      context: { traits: { email: { work: 'a@b.c' }, city: true } },
      properties: { email: 'jane@example.com' },
    })
    expect(canonical.user).toEqual({ email: 'jane@example.com' })
    expect(warnings).toEqual([
      'user.email is an object that cannot be read as text; it is left out of the canonical event',
      'user.city is a boolean that cannot be read as text; it is left out of the canonical event',
    ])
  })
})

describe('consent', () => {
  test.each([
    { name: 'unknown without context', context: undefined, want: null },
    { name: 'unknown without a consent object', context: {}, want: null },
    { name: 'unknown with an empty consent object', context: { consent: {} }, want: null },
    { name: 'unknown when null', context: { consent: { categoryPreferences: null } }, want: null },
    {
      name: 'every category denied when empty',
      context: { consent: { categoryPreferences: {} } },
      want: {},
    },
    {
      name: 'granted and denied',
      context: { consent: { categoryPreferences: { A: true, B: false } } },
      want: { A: true, B: false },
    },
    {
      name: 'read from text',
      context: { consent: { categoryPreferences: { A: 'true', B: 'false' } } },
      want: { A: true, B: false },
    },
    {
      name: 'kept by its exact name',
      context: { consent: { categoryPreferences: { advertising: true, Advertising: false } } },
      want: { advertising: true, Advertising: false },
    },
  ] as { name: string; context: Json | undefined; want: JsonObject | null }[])(
    'is $name',
    ({ context, want }) => {
      const { canonical, warnings } = canonicalOf({ context })
      expect(canonical.consent).toEqual(want)
      expect(warnings).toEqual([])
    },
  )

  test.each([[1], [0], ['granted'], [null], [{}]])(
    'of %p leaves the category out, which is unknown',
    (granted) => {
      const { canonical, warnings } = canonicalOf({
        context: { consent: { categoryPreferences: { A: granted, B: true } } },
      })
      expect(canonical.consent).toEqual({ B: true })
      expect(warnings).toEqual([
        'consent category "A" is neither true nor false and counts as unknown',
      ])
    },
  )

  test.each([
    [{ categoryPreferences: 'all' }],
    [{ categoryPreferences: ['A'] }],
    [true],
    ['granted'],
    [[]],
  ])('given as %p is unknown, with a warning', (consent) => {
    const { canonical, warnings } = canonicalOf({ context: { consent } })
    expect(canonical.consent).toBeNull()
    expect(warnings).toEqual([
      'context.consent has no categoryPreferences object; consent counts as unknown',
    ])
  })
})

describe('the context', () => {
  test('keeps what destinations need and drops the rest', () => {
    const { canonical } = canonicalOf({
      context: { ip: '203.0.113.7', groupId: 42, library: { name: 'x' }, app: {} },
    })
    expect(canonical.context).toEqual({ ip: '203.0.113.7', group_id: '42' })
  })

  test.each([
    { name: 'empty text', context: { ip: '', userAgent: '', locale: '', groupId: '' } },
    {
      name: 'wrong types',
      context: { ip: 1, userAgent: {}, locale: [], groupId: {}, page: 'x', campaign: [] },
    },
    {
      name: 'null',
      context: {
        ip: null,
        userAgent: null,
        locale: null,
        groupId: null,
        page: null,
        campaign: null,
      },
    },
    { name: 'a list, as deletes carry', context: [] },
  ] as { name: string; context: Json }[])('is empty for $name', ({ context }) => {
    expect(canonicalOf({ context }).canonical.context).toEqual({})
  })
})

describe('click ids', () => {
  const page = (over: JsonObject) => ({ context: { page: over } })
  test.each([
    {
      name: 'the address',
      message: page({ url: 'https://x.example/a?gclid=G1&b=2' }),
      want: { gclid: 'G1' },
    },
    { name: 'the query alone', message: page({ search: '?fbclid=F1' }), want: { fbclid: 'F1' } },
    {
      name: 'the query before the address',
      message: page({ search: '?gclid=G1', url: 'https://x.example/?gclid=G2' }),
      want: { gclid: 'G1' },
    },
    {
      name: 'the address where the query is no text',
      message: page({ search: {}, url: 'https://x.example/?gclid=G2' }),
      want: { gclid: 'G2' },
    },
    {
      name: 'several platforms',
      message: page({
        search:
          '?gbraid=1&wbraid=2&ttclid=3&msclkid=4&ScCid=5&epik=6&rdt_cid=7&li_fat_id=8&twclid=9&dclid=10',
      }),
      want: {
        gbraid: '1',
        wbraid: '2',
        ttclid: '3',
        msclkid: '4',
        ScCid: '5',
        epik: '6',
        rdt_cid: '7',
        li_fat_id: '8',
        twclid: '9',
        dclid: '10',
      },
    },
    { name: 'escaped text', message: page({ search: '?gclid=a%2Fb' }), want: { gclid: 'a/b' } },
    {
      name: 'a broken escape, as it stands',
      message: page({ search: '?gclid=a%2' }),
      want: { gclid: 'a%2' },
    },
    {
      name: 'before the fragment',
      message: page({ url: 'https://x.example/?gclid=G1#top' }),
      want: { gclid: 'G1' },
    },
    {
      name: 'the last of two',
      message: page({ search: '?gclid=G1&gclid=G2' }),
      want: { gclid: 'G2' },
    },
    {
      name: 'a name in the context',
      message: { context: { fbp: 'fb.1.2.3' } },
      want: { fbp: 'fb.1.2.3' },
    },
    {
      name: 'a name in the properties',
      message: { properties: { ttp: 'T1' } },
      want: { ttp: 'T1' },
    },
    {
      name: 'the properties where the context’s is empty',
      message: { context: { fbp: '' }, properties: { fbp: 'fb.1.2.3' } },
      want: { fbp: 'fb.1.2.3' },
    },
    {
      name: 'a name before the address',
      message: { context: { gclid: 'G1', page: { search: '?gclid=G2' } } },
      want: { gclid: 'G1' },
    },
    {
      name: 'our own object before all',
      message: { context: { fbp: 'a', click_ids: { fbp: 'b', custom: 3 } } },
      want: { fbp: 'b', custom: '3' },
    },
    {
      name: 'nothing from an empty value',
      message: page({ search: '?gclid=&fbclid' }),
      want: undefined,
    },
    {
      name: 'nothing from a name that only ends alike',
      message: page({ search: '?xgclid=1' }),
      want: undefined,
    },
    { name: 'nothing from another case', message: page({ search: '?GCLID=1' }), want: undefined },
    {
      name: 'nothing from wrong types',
      message: { context: { fbp: {}, gclid: true, click_ids: { fbc: [] } } },
      want: undefined,
    },
  ] as { name: string; message: JsonObject; want: JsonObject | undefined }[])(
    'from $name',
    ({ message, want }) => {
      expect(canonicalOf(message).canonical.context.click_ids).toEqual(want)
    },
  )

  test('cannot change a prototype', () => {
    const context = JSON.parse('{"click_ids":{"__proto__":"x","gclid":"G1"}}')
    const ids = canonicalOf({ context }).canonical.context.click_ids
    expect(Object.entries(ids ?? {})).toEqual([['gclid', 'G1']])
  })
})
