// The compiled plan and its export say the same: ajv on the exported schema is the oracle. And what is exported can be
// imported again without loss.
import Ajv from 'ajv'
import fc from 'fast-check'
import type { JsonObject } from '../../../core/json.ts'
import { exportPlan, importPlan } from '../../../core/tracking-plan/protocols.ts'
import {
  type Field,
  type Fields,
  type PlanSource,
  parseTrackingPlan,
} from '../../../core/tracking-plan/schema.ts'
import { planOf } from '../../support/compile-plan.ts'

const NAMES = ['a', 'b', 'list', 'a b', 'constructor', 'x"y']
const PATTERNS = ['^[a-z]+$', 'x', '^ORD-[0-9]{5}$', '\\p{L}']

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const required = fc.boolean()

const leaf: fc.Arbitrary<Field> = fc.oneof(
  fc.record({
    type: fc.constant('string' as const),
    required,
    pattern: optional(fc.constantFrom(...PATTERNS)),
    minLength: optional(fc.nat(2)),
    maxLength: optional(fc.integer({ min: 1, max: 3 })),
  }),
  fc.record({
    type: fc.constantFrom('number' as const, 'integer' as const),
    required,
    minimum: optional(fc.integer({ min: -2, max: 1 })),
    maximum: optional(fc.integer({ min: 1, max: 3 })),
  }),
  fc.record({ type: fc.constantFrom('boolean' as const, 'null' as const), required }),
  fc.record({
    type: fc.constant(['string', 'null', 'integer'] as const),
    required,
    minLength: optional(fc.constant(1)),
  }),
  fc.record({ type: fc.constant('string' as const), required, enum: fc.constant(['x', 'EUR']) }),
  fc.record({ required }),
)

const { fields } = fc.letrec<{ field: Field; fields: Fields }>((tie) => ({
  field: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    fc.record({
      type: fc.constant('array' as const),
      required,
      items: tie('field'),
      minItems: optional(fc.nat(2)),
    }),
    fc.record({ type: fc.constant('object' as const), required, properties: tie('fields') }),
  ),
  fields: fc.dictionary(fc.constantFrom(...NAMES), tie('field'), { maxKeys: 4 }),
}))

// The items of a list are there or not there: nothing of theirs can be required.
function tidy(one: Field): Field {
  const { items, properties, ...rest } = JSON.parse(JSON.stringify(one)) as Field
  return {
    ...rest,
    ...(items ? { items: { ...tidy(items), required: false } } : {}),
    ...(properties ? { properties: tidyAll(properties) } : {}),
  }
}
const tidyAll = (all: Fields): Fields =>
  Object.fromEntries(Object.entries(all).map(([name, one]) => [name, tidy(one)]))

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom<unknown>('x', 'EUR', '', 'ORD-12345', '😀', 'é', 0, 1, -3, 2.5, 4, true, null),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('any'), { maxKeys: 4 }),
  ),
})).any

const source = (properties: Fields): PlanSource => ({
  version: '1',
  name: 'Test',
  on_violation: 'flag',
  unplanned_events: 'allow',
  unplanned_properties: 'allow',
  events: [{ event: 'A', version: 1, mapped: true, properties: tidyAll(properties) }],
  calls: [],
})

test('a message breaks the compiled plan exactly when it breaks the exported schema', () => {
  const ajv = new Ajv({ strict: false, ownProperties: true })
  const seen = { valid: 0, broken: 0 }
  fc.assert(
    fc.property(
      fields,
      fc.array(fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 5 }), {
        minLength: 8,
        maxLength: 8,
      }),
      (planned, candidates) => {
        const plan = source(planned)
        const compiled = planOf(plan)
        const validate = ajv.compile(exportPlan(plan)[0]?.jsonSchema as object)
        for (const properties of candidates) {
          const message = { type: 'track', event: 'A', properties } as JsonObject
          const verdict = compiled.check(message)
          seen[verdict ? 'broken' : 'valid']++
          expect({ message, isValid: verdict === null }).toEqual({
            message,
            isValid: validate(message),
          })
        }
      },
    ),
    { seed: 20261122, numRuns: 80 },
  )
  expect(Math.min(seen.valid, seen.broken)).toBeGreaterThan(100)
})

test('a plan that is exported and imported is the plan it was', () => {
  fc.assert(
    fc.property(fields, fc.integer({ min: 1, max: 9 }), (planned, version) => {
      const events = [{ event: 'A', version, mapped: true, properties: tidyAll(planned) }]
      const plan = { ...source({}), events }
      const imported = importPlan(JSON.parse(JSON.stringify({ data: { rules: exportPlan(plan) } })))
      expect(imported).toEqual({ events, calls: [], unchecked: [] })
      expect(exportPlan({ ...plan, ...imported })).toEqual(exportPlan(plan))
      expect(parseTrackingPlan(JSON.stringify(plan), 'plan.yaml')).toEqual(plan)
    }),
    { seed: 20261122, numRuns: 150 },
  )
})

test('what Segment keeps and is not checked here is kept for export, and named', () => {
  const rules = [
    {
      type: 'TRACK',
      key: 'Order Completed',
      version: 1,
      jsonSchema: {
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        properties: {
          context: {},
          traits: {},
          properties: {
            type: 'object',
            properties: {
              order_id: { description: 'Order id', type: 'string' },
              revenue: { type: ['number', 'null'] },
              at: { type: 'string', format: 'date-time' },
              products: {
                type: 'array',
                items: {
                  type: 'object',
                  properties: { product_id: { type: 'string' } },
                  required: ['product_id'],
                },
              },
            },
            required: ['order_id'],
          },
        },
        required: ['properties'],
      },
    },
    {
      type: 'IDENTIFY',
      version: 2,
      jsonSchema: {
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        properties: {
          context: {},
          traits: { type: 'object', properties: { name: { type: 'string' } } },
          properties: {},
        },
      },
    },
  ]
  const imported = importPlan(rules)
  expect(imported.unchecked).toEqual(['Order Completed: properties.at.format'])
  expect(exportPlan({ ...source({}), ...imported })).toEqual(rules)
})

test.each([
  ['no list', {}, 'no list of rules'],
  ['a rule without schema', [{ type: 'TRACK', key: 'A' }], 'rule 1 has no type or jsonSchema'],
  ['a track rule without name', [{ type: 'TRACK', jsonSchema: {} }], 'rule 1 (TRACK) has no key'],
  ['another type', [{ type: 'SET', jsonSchema: {} }], 'rule 1 has type "SET"'],
])('import says what is wrong: %s', (_, body, want) => {
  expect(() => importPlan(body)).toThrow(want)
})
