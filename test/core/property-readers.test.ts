// Numbers, currencies and products as senders really write them (design 3.2), through the table's own rows.
import { setTimeout as wait } from 'node:timers/promises'
import type { JsonObject } from '../../core/json.ts'
import { readNumber, type Warnings } from '../../core/property-readers.ts'
import { propertiesOf } from './support/events.ts'

describe('numbers', () => {
  const read: [unknown, number][] = [
    [129.95, 129.95],
    [0, 0],
    [-15, -15],
    ['129.95', 129.95],
    [' 129.95 ', 129.95],
    ['-15', -15],
    ['+15', 15],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1.299', 1.299],
    ['$50', 50],
    ['$1,299.00', 1299],
    ['-$5', -5],
    ['$-5', -5],
    ['€ 1.299,00', 1299],
    ['1.299,00 EUR', 1299],
    ['129,95 €', 129.95],
    ['EUR 129.95', 129.95],
    ['usd 12.50', 12.5],
    ['£1,234,567', 1234567],
    ['1.234.567 EUR', 1234567],
    ['1.234.567,89', 1234567.89],
    ["CHF 1'299.50", 1299.5],
    ['1 299,50 €', 1299.5],
    ['1\u00a0299', 1299],
    ['¥1234', 1234],
    ['0.125 EUR', 0.125],
    ['1234.567 EUR', 1234.567],
  ]
  test.each(read)('reads %p as %p', (sent, want) => {
    const warnings: Warnings = []
    expect(readNumber('value', sent, warnings)).toBe(want)
    expect(warnings).toEqual([])
  })

  const refused: unknown[] = [
    '1,299', // a thousand or one and a bit
    '1.299 EUR',
    '$1.299',
    '1,29,999.00',
    '1.2.3',
    '12,34,56',
    '--5',
    '+-5',
    '10%',
    '(5.00)',
    'free',
    '0x10',
    'Infinity',
    'NaN',
    '1e999',
    '12 34',
    '١٢',
    '12.5 apples',
    true,
    [1],
    { amount: 1 },
    Number.NaN,
  ]
  test.each(refused)(
    'refuses %p, with a warning that names the property and not the value',
    (sent) => {
      const warnings: Warnings = []
      expect(readNumber('value', sent, warnings)).toBeUndefined()
      expect(warnings).toEqual([
        expect.stringMatching(/^value is (a|an) \w+ that cannot be read as a number;/),
      ])
    },
  )

  test.each([[undefined], [null], ['']])('%p is absent, not wrong', (sent) => {
    const warnings: Warnings = []
    expect(readNumber('value', sent, warnings)).toBeUndefined()
    expect(warnings).toEqual([])
  })

  test('text of any length is refused at once', async () => {
    // To look back over each run of spaces takes minutes at this length, and milliseconds not to.
    const long = 200_000
    for (const sent of [`1${' '.repeat(long)}x`, `-${' '.repeat(long)}x`, '9'.repeat(long)]) {
      expect(readNumber('value', sent, [])).toBeUndefined()
    }
    // A test that never waits outruns Jest's time limit: here its timer gets to say that the time is up.
    await wait(0)
  })
})

describe('value', () => {
  test.each([
    {
      name: 'revenue first',
      sent: { revenue: 10, total: 12, value: 14 },
      want: { value: 10, total: 12 },
    },
    {
      name: 'total next, which stays',
      sent: { total: '12', value: 14 },
      want: { value: 12, total: 12 },
    },
    { name: 'value last', sent: { value: '14.50' }, want: { value: 14.5 } },
    { name: 'nothing when there is none', sent: { coupon: 'X' }, want: { coupon: 'X' } },
    {
      name: 'zero, which is an amount',
      sent: { revenue: 0, total: 12 },
      want: { value: 0, total: 12 },
    },
    { name: 'a negative amount', sent: { revenue: -20 }, want: { value: -20 } },
    {
      name: 'total where revenue is null',
      sent: { revenue: null, total: 12 },
      want: { value: 12, total: 12 },
    },
  ])('takes $name', ({ sent, want }) => {
    expect(propertiesOf(sent)).toMatchObject({ read: want, warnings: [] })
    expect(propertiesOf(sent).read).toEqual(want)
  })

  test('falls back where revenue cannot be read, and says so', () => {
    const { read, warnings } = propertiesOf({ revenue: 'free', total: 12 })
    expect(read).toEqual({ value: 12, total: 12 })
    expect(warnings).toEqual([expect.stringContaining('revenue is a string')])
  })

  test('names a property once that two rules read', () => {
    expect(propertiesOf({ total: 'free' }).warnings).toEqual([
      expect.stringContaining('total is a string'),
    ])
  })
})

describe('currency', () => {
  test.each([
    ['EUR', 'EUR'],
    ['eur', 'EUR'],
    [' usd ', 'USD'],
  ])('reads %p as %p', (currency, want) => {
    expect(propertiesOf({ currency })).toMatchObject({ read: { currency: want }, warnings: [] })
  })

  test.each([['€'], ['Euro'], ['US$'], [978], [{}], [['EUR']]])('refuses %p', (currency) => {
    const { read, warnings } = propertiesOf({ currency })
    expect(read).toEqual({})
    expect(warnings).toEqual([expect.stringContaining('currency is')])
  })

  test.each([[null], ['']])('%p is absent', (currency) => {
    expect(propertiesOf({ currency })).toMatchObject({ read: {}, warnings: [] })
  })
})

describe('products', () => {
  test.each([
    {
      name: 'objects with sku and product_id',
      products: [{ sku: 'S1', product_id: 'P1', price: '9.95', quantity: '2' }],
      items: ['S1'],
      line_items: [{ item_id: 'S1', product_id: 'P1', price: 9.95, quantity: 2 }],
    },
    {
      name: 'ids under other names',
      products: [{ product_id: 'P1' }, { productId: 'P2' }, { item_id: 'P3' }, { id: 4 }],
      items: ['P1', 'P2', 'P3', '4'],
      line_items: [{ item_id: 'P1' }, { item_id: 'P2' }, { item_id: 'P3' }, { item_id: '4' }],
    },
    {
      name: 'texts and numbers',
      products: ['S1', 42],
      items: ['S1', '42'],
      line_items: [{ item_id: 'S1' }, { item_id: '42' }],
    },
    {
      name: 'JSON text',
      products: '[{"sku":"S1","price":"$5.00"}]',
      items: ['S1'],
      line_items: [{ item_id: 'S1', price: 5 }],
    },
    {
      name: 'one product without a list',
      products: { sku: 'S1' },
      items: ['S1'],
      line_items: [{ item_id: 'S1' }],
    },
    { name: 'an empty list', products: [], items: [], line_items: [] },
    {
      name: 'an item_id beside the sku, which must not win here only',
      products: [{ sku: 'S1', item_id: 'X' }],
      items: ['S1'],
      line_items: [{ item_id: 'S1' }],
    },
    {
      name: 'nulls inside a product',
      products: [{ sku: 'S1', name: null, price: null }],
      items: ['S1'],
      line_items: [{ item_id: 'S1' }],
    },
  ])('read as $name', ({ products, items, line_items }) => {
    expect(propertiesOf({ products })).toEqual({
      event_id: 'seg_msg_1',
      read: { items, line_items },
      warnings: [],
    })
  })

  test('without an id keep their detail but are no item', () => {
    const { read, warnings } = propertiesOf({
      products: [{ name: 'Hat', price: 5 }, null, { sku: 'S2' }],
    })
    expect(read).toEqual({
      items: ['S2'],
      line_items: [{ name: 'Hat', price: 5 }, { item_id: 'S2' }],
    })
    expect(warnings).toEqual([
      'products[0] has no sku or product_id and is left out of items',
      'products[1] has no sku or product_id and is left out of items',
    ])
  })

  test('name the place of a price that cannot be read', () => {
    const { read, warnings } = propertiesOf({
      products: [{ sku: 'S1' }, { sku: 'S2', price: 'NA' }],
    })
    expect(read.line_items).toEqual([{ item_id: 'S1' }, { item_id: 'S2' }])
    expect(warnings).toEqual([expect.stringMatching(/^products\[1\]\.price is a string/)])
  })

  test.each([['none'], ['[broken'], [7], [true]])(
    'of %p are left out with a warning',
    (products) => {
      const { read, warnings } = propertiesOf({ products })
      expect(read).toEqual({})
      expect(warnings).toEqual([expect.stringContaining('cannot be read as a list')])
    },
  )

  test.each([[null], [''], [undefined]])('of %p are absent', (products) => {
    expect(propertiesOf({ products })).toMatchObject({ read: {}, warnings: [] })
  })

  test('already in our own form pass', () => {
    const sent = { items: ['S1'], line_items: [{ item_id: 'S1', price: 5 }] }
    expect(propertiesOf(sent)).toMatchObject({ read: sent, warnings: [] })
  })
})

describe('an event about one product', () => {
  test('lists its own product and keeps its properties', () => {
    const sent = {
      sku: 'S1',
      product_id: 'P1',
      name: 'Hat',
      price: '9.95',
      quantity: 1,
      image_url: 'https://x/y.png',
    }
    const { read, warnings } = propertiesOf(sent, 'Product Added')
    expect(read).toEqual({
      ...sent,
      price: 9.95,
      items: ['S1'],
      line_items: [{ item_id: 'S1', name: 'Hat', price: 9.95, quantity: 1 }],
    })
    expect(warnings).toEqual([])
  })

  test.each([
    {
      name: 'products',
      sent: { products: [{ sku: 'S1', price: '5' }] },
      line_items: [{ item_id: 'S1', price: 5 }],
    },
    { name: 'items', sent: { items: ['S1'] }, line_items: [{ item_id: 'S1' }] },
    {
      name: 'line_items',
      sent: { items: ['S1'], line_items: [{ item_id: 'S1', price: 5 }] },
      line_items: [{ item_id: 'S1', price: 5 }],
    },
  ])('falls back to $name', ({ sent, line_items }) => {
    const { read, warnings } = propertiesOf(sent, 'Product Viewed')
    expect(read).toMatchObject({ items: ['S1'], line_items })
    expect(warnings).toEqual([])
  })

  test('has no items when it names no product', () => {
    expect(propertiesOf({ name: 'Hat' }, 'Product Viewed')).toMatchObject({
      read: { name: 'Hat' },
      warnings: [],
    })
  })

  test('says once that its price cannot be read', () => {
    const { read, warnings } = propertiesOf({ sku: 'S1', price: 'NA' }, 'Product Viewed')
    expect(read).toEqual({ sku: 'S1', items: ['S1'], line_items: [{ item_id: 'S1' }] })
    expect(warnings).toEqual([expect.stringMatching(/^price is a string/)])
  })
})

describe('the other properties', () => {
  test.each([
    { name: 'orderId', sent: { orderId: 'O1' }, want: { order_id: 'O1' } },
    { name: 'a numeric order_id', sent: { order_id: 10492 }, want: { order_id: '10492' } },
    {
      name: 'order_id before orderId',
      sent: { orderId: 'O2', order_id: 'O1' },
      want: { order_id: 'O1' },
    },
    {
      name: 'orderId where order_id is empty',
      sent: { orderId: 'O2', order_id: '' },
      want: { order_id: 'O2' },
    },
    { name: 'checkoutId', sent: { checkoutId: 'C1' }, want: { checkout_id: 'C1' } },
    {
      name: 'amounts as text',
      sent: { tax: '1.50', shipping: '$4', subtotal: '20', discount: '2' },
      want: { tax: 1.5, shipping: 4, subtotal: 20, discount: 2 },
    },
    {
      name: 'unlisted ones unchanged',
      sent: { affiliation: 'Store', nested: { a: [1, null] }, flag: false, none: null },
      want: { affiliation: 'Store', nested: { a: [1, null] }, flag: false, none: null },
    },
    {
      name: 'names that mean something to JavaScript',
      sent: { constructor: 'a', toString: 1, hasOwnProperty: true },
      want: { constructor: 'a', toString: 1, hasOwnProperty: true },
    },
  ] as { name: string; sent: JsonObject; want: JsonObject }[])('$name', ({ sent, want }) => {
    const { read, warnings } = propertiesOf(sent)
    expect(read).toEqual(want)
    expect(warnings).toEqual([])
  })

  test('__proto__ goes no further', () => {
    const sent = JSON.parse(
      '{"__proto__":{"admin":true},"order_id":"O1","products":[{"sku":"S1","__proto__":{"admin":true}}]}',
    )
    const { read } = propertiesOf(sent)
    expect(JSON.stringify(read)).not.toContain('admin')
    expect((read as { admin?: unknown }).admin).toBeUndefined()
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })
})
