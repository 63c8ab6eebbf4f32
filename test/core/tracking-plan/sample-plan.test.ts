// The sample plan of the docs: which message breaks it, and exactly how.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { JsonObject } from '../../../core/json.ts'
import { parseMappingSource } from '../../../core/mapping-schema.ts'
import { parseTrackingPlan } from '../../../core/tracking-plan/schema.ts'
import { planOf } from '../../support/compile-plan.ts'

const MAPPINGS = path.join(__dirname, '..', '..', '..', 'mappings')
const text = readFileSync(path.join(MAPPINGS, 'tracking-plan.yaml'), 'utf8')
const plan = planOf(text)

const VALID = {
  order_id: 'ORD-10492',
  total: 129.95,
  currency: 'EUR',
  products: [{ product_id: 'p1', sku: 'SKU-481', price: 89.95, quantity: 1 }],
}

function order(properties: unknown): JsonObject {
  return { type: 'track', event: 'Order Completed', messageId: 'm', properties } as JsonObject
}

const product = (over: JsonObject) => ({
  ...VALID,
  products: [VALID.products[0], { product_id: 'p2', ...over }],
})
const { order_id: _, ...withoutId } = VALID
const P = 'properties'

test.each<{
  name: string
  properties: unknown
  want: [type: string, field: string, description: string][]
}>([
  { name: 'valid', properties: VALID, want: [] },
  {
    name: 'valid, with what the plan does not list',
    properties: { ...VALID, gift: true },
    want: [],
  },
  { name: 'valid, for nothing', properties: { ...VALID, total: 0 }, want: [] },
  {
    name: 'no order id',
    properties: withoutId,
    want: [['Required', `${P}.order_id`, `${P}.order_id is required`]],
  },
  {
    name: 'an order id of another form',
    properties: { ...VALID, order_id: 'ORD-1' },
    want: [['Pattern', `${P}.order_id`, `${P}.order_id does not match ^ORD-[0-9]{5}$`]],
  },
  {
    name: 'an order id with more behind it',
    properties: { ...VALID, order_id: 'ORD-104920' },
    want: [['Pattern', `${P}.order_id`, `${P}.order_id does not match ^ORD-[0-9]{5}$`]],
  },
  {
    name: 'an order id that is a number',
    properties: { ...VALID, order_id: 10492 },
    want: [['Invalid Type', `${P}.order_id`, `${P}.order_id is of type number, want string`]],
  },
  {
    name: 'a total below zero',
    properties: { ...VALID, total: -0.01 },
    want: [['Number Gte', `${P}.total`, `${P}.total is less than 0`]],
  },
  {
    name: 'a total as text',
    properties: { ...VALID, total: '129.95' },
    want: [['Invalid Type', `${P}.total`, `${P}.total is of type string, want number`]],
  },
  {
    name: 'an unknown currency',
    properties: { ...VALID, currency: 'eur' },
    want: [['Enum', `${P}.currency`, `${P}.currency is none of EUR, USD, GBP, CHF`]],
  },
  {
    name: 'no products',
    properties: { ...VALID, products: [] },
    want: [['Array Min Items', `${P}.products`, `${P}.products has fewer than 1 item(s)`]],
  },
  {
    name: 'products that are null',
    properties: { ...VALID, products: null },
    want: [['Invalid Type', `${P}.products`, `${P}.products is of type null, want array`]],
  },
  {
    name: 'a product without an id',
    properties: product({ product_id: undefined as never }),
    want: [['Required', `${P}.products.1.product_id`, `${P}.products.1.product_id is required`]],
  },
  {
    name: 'a product with half a piece',
    properties: product({ quantity: 0.5 }),
    want: [
      [
        'Invalid Type',
        `${P}.products.1.quantity`,
        `${P}.products.1.quantity is of type number, want integer`,
      ],
    ],
  },
  {
    name: 'a product that is text',
    properties: { ...VALID, products: ['SKU-481'] },
    want: [['Invalid Type', `${P}.products.0`, `${P}.products.0 is of type string, want object`]],
  },
  {
    name: 'no properties',
    properties: undefined,
    want: ['order_id', 'total', 'currency', 'products'].map((name) => [
      'Required',
      `${P}.${name}`,
      `${P}.${name} is required`,
    ]),
  },
  {
    name: 'properties that are a list',
    properties: [],
    want: [['Invalid Type', P, `${P} is of type array, want object`]],
  },
])('Order Completed: $name', ({ properties, want }) => {
  const verdict = plan.check(order(properties))
  const found = (verdict?.violations ?? []).map(({ type, field, description }) => [
    type,
    field,
    description,
  ])
  expect(found).toEqual(want)
  expect(verdict?.action ?? 'allow').toBe(want.length > 0 ? 'flag' : 'allow')
})

test('every row of the mapping table has a row in the sample plan, and the other way round', () => {
  const table = parseMappingSource(
    readFileSync(path.join(MAPPINGS, 'events.yaml'), 'utf8'),
    'events.yaml',
  )
  const planned = parseTrackingPlan(text, 'tracking-plan.yaml').events.map(({ event }) => event)
  expect(planned.sort()).toEqual(table.events.map(({ event }) => event).sort())
})
