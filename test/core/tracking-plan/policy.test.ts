// What a plan does with what it finds: actions, versions, unplanned events and properties, calls that are no track.
import type { JsonObject } from '../../../core/json.ts'
import { withFindings } from '../../../core/tracking-plan/plan.ts'
import { planOf } from '../../support/compile-plan.ts'

const HEADER = "version: '1'\nname: Test\n"
const track = (
  event: string,
  properties: JsonObject = {},
  context: JsonObject = {},
): JsonObject => ({
  type: 'track',
  event,
  properties,
  context,
})

describe('on_violation', () => {
  const plan = planOf(`${HEADER}on_violation: block
events:
  - { event: Blocked, properties: { id: { type: string, required: true } } }
  - { event: Flagged, on_violation: flag, properties: { id: { type: string, required: true } } }
  - { event: Allowed, on_violation: allow, properties: { id: { type: string, required: true } } }`)

  test.each([
    ['Blocked', 'block'],
    ['Flagged', 'flag'],
  ])('%s: %s', (event, action) => {
    expect(plan.check(track(event))?.action).toBe(action)
    expect(plan.check(track(event, { id: 'x' }))).toBeNull()
  })

  test('allow looks at nothing', () => expect(plan.check(track('Allowed'))).toBeNull())
})

test('a version is the one the message names; unnamed or unknown, the oldest', () => {
  const plan = planOf(`${HEADER}
events:
  - { event: A, version: 3, properties: { third: { required: true } } }
  - { event: A, version: 1, properties: { first: { required: true } } }`)
  const fieldFor = (version: unknown) =>
    plan.check(track('A', {}, { protocols: { event_version: version } as JsonObject }))
      ?.violations[0]?.field
  expect([3, 1, 2, '3', undefined].map(fieldFor)).toEqual([
    'properties.third',
    'properties.first',
    'properties.first',
    'properties.first',
    'properties.first',
  ])
})

describe('unplanned events', () => {
  const plan = (action: string) =>
    planOf(`${HEADER}unplanned_events: ${action}\nevents:\n  - { event: Order Completed }`)

  test.each(['flag', 'block'])('%s', (action) => {
    expect(plan(action).check(track('order_completed'))).toEqual({
      action,
      omitted: [],
      violations: [
        {
          type: 'Unplanned Event',
          field: 'event',
          description:
            '"order_completed" is not in the tracking plan; "Order Completed" is and differs only by case or spacing',
        },
      ],
    })
  })

  test('allow', () => expect(plan('allow').check(track('Other'))).toBeNull())

  test('what Segment itself sends is never unplanned', () => {
    const personas = { computation_class: 'audience' }
    expect(plan('block').check(track('Segment Consent Preference Updated'))).toBeNull()
    expect(plan('block').check(track('Audience Entered', {}, { personas }))).toBeNull()
    expect(plan('block').check({ type: 'page', name: 'Home' })).toBeNull()
  })
})

describe('unplanned properties', () => {
  const plan = (action: string) =>
    planOf(`${HEADER}unplanned_properties: ${action}
events:
  - event: A
    properties:
      id: { type: string }
      items: { type: array, items: { type: object, properties: { sku: { type: string } } } }`)
  const message = track('A', { id: 'x', more: 1, items: [{ sku: 's' }, { sku: 't', 'a.b': 2 }] })

  test('omit names where they are', () => {
    expect(plan('omit').check(message)).toEqual({
      action: 'allow',
      violations: [],
      omitted: [
        ['properties', 'items', '1', 'a.b'],
        ['properties', 'more'],
      ],
    })
  })

  test.each(['flag', 'block'])('%s', (action) => {
    const verdict = plan(action).check(message)
    expect(verdict?.action).toBe(action)
    expect(verdict?.violations.map(({ type, field }) => `${type} ${field}`)).toEqual([
      'Additional Property Not Allowed properties.items.1.a.b',
      'Additional Property Not Allowed properties.more',
    ])
  })

  test('allow', () => expect(plan('allow').check(message)).toBeNull())
})

test('traits, context and the message itself are checked; a common rule adds to the own one', () => {
  const plan = planOf(`${HEADER}
calls:
  - { call: identify, traits: { email: { type: string, required: true } } }
  - { call: common, on_violation: block, message: { userId: { type: string, required: true } }, context: { ip: { type: string } } }`)
  expect(plan.check({ type: 'identify', context: { ip: 7 } })).toEqual({
    action: 'block',
    omitted: [],
    violations: [
      { type: 'Required', field: 'traits.email', description: 'traits.email is required' },
      {
        type: 'Invalid Type',
        field: 'context.ip',
        description: 'context.ip is of type number, want string',
      },
      { type: 'Required', field: 'userId', description: 'userId is required' },
    ],
  })
  expect(plan.check({ type: 'track', event: 'Any', userId: 'u' })).toBeNull()
})

test('a description never repeats what was sent', () => {
  const plan = planOf(`${HEADER}
events:
  - event: A
    properties:
      a: { type: string, pattern: '^x$', maxLength: 3 }
      b: { type: number, maximum: 1 }
      c: { enum: [y] }
      d: { type: [string, 'null'] }`)
  const verdict = plan.check(track('A', { a: 'jane@example.com', b: 4711, c: 'secret', d: 4712 }))
  expect(verdict?.violations).toHaveLength(5)
  expect(JSON.stringify(verdict)).not.toMatch(/jane|4711|4712|secret/)
})

test('a message that is wrong everywhere keeps 25 violations', () => {
  const plan = planOf(`${HEADER}
events: [{ event: A, properties: { l: { type: array, items: { type: string } } } }]`)
  const verdict = plan.check(track('A', { l: Array(1000).fill(1) }))
  expect(verdict?.violations).toHaveLength(25)
})

test('withFindings() adds to what Protocols wrote, and says nothing twice', () => {
  const verdict = {
    action: 'flag' as const,
    violations: [
      { type: 'Required', field: 'properties.a', description: 'properties.a is required' },
    ],
    omitted: [['properties', 'b']],
  }
  const before = {
    context: {
      ip: '1',
      protocols: { sourceId: 's', violations: [{ type: 'Required', field: 'x' }] },
    },
  }
  const once = withFindings(before, verdict)
  expect(once).toEqual({
    context: {
      ip: '1',
      protocols: {
        sourceId: 's',
        violations: [{ type: 'Required', field: 'x' }, verdict.violations[0]],
        omitted: ['properties.b'],
      },
    },
  })
  expect(withFindings(once, { ...verdict, omitted: [] })).toEqual(once)
})
