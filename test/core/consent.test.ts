import fc from 'fast-check'
import {
  type ConsentPolicy,
  type ConsentStatement,
  type ConsentSubject,
  decideConsent,
} from '../../core/consent.ts'

const advertising: ConsentPolicy = { categories: ['Advertising'], require: 'all', unknown: 'hold' }

function subject(overrides: Partial<ConsentSubject> = {}): ConsentSubject {
  return {
    snapshot: null,
    occurredAt: '2026-05-01T10:00:00.000Z',
    messageId: 'm1',
    statements: [],
    ...overrides,
  }
}

function statement(granted: boolean, statedAt: string, category = 'Advertising'): ConsentStatement {
  return { category, granted, statedAt, messageId: `said-${statedAt}` }
}

const BEFORE = '2026-05-01T09:00:00.000Z'
const AFTER = '2026-05-01T11:00:00.000Z'

describe('decideConsent()', () => {
  test.each([
    {
      name: 'granted on the event',
      of: subject({ snapshot: { Advertising: true } }),
      verdict: 'send',
    },
    {
      name: 'denied on the event',
      of: subject({ snapshot: { Advertising: false } }),
      verdict: 'deny',
    },
    {
      name: 'a snapshot without the category',
      of: subject({ snapshot: { Analytics: true } }),
      verdict: 'deny',
    },
    { name: 'an empty snapshot', of: subject({ snapshot: {} }), verdict: 'deny' },
    { name: 'nothing known', of: subject(), verdict: 'hold' },
    {
      name: 'granted by the person before',
      of: subject({ statements: [statement(true, BEFORE)] }),
      verdict: 'send',
    },
    {
      name: 'granted by the person later',
      of: subject({ statements: [statement(true, AFTER)] }),
      verdict: 'send',
    },
    {
      name: 'denied by the person',
      of: subject({ statements: [statement(false, AFTER)] }),
      verdict: 'deny',
    },
    {
      name: 'granted on the event, revoked later',
      of: subject({ snapshot: { Advertising: true }, statements: [statement(false, AFTER)] }),
      verdict: 'deny',
    },
    {
      name: 'denied earlier, granted on the event',
      of: subject({ snapshot: { Advertising: true }, statements: [statement(false, BEFORE)] }),
      verdict: 'send',
    },
    {
      name: 'denied on the event, granted later',
      of: subject({ snapshot: { Advertising: false }, statements: [statement(true, AFTER)] }),
      verdict: 'deny',
    },
  ])('$name → $verdict', ({ of, verdict }) => {
    expect(decideConsent(advertising, of).verdict).toBe(verdict)
  })

  test('names the evidence it decided on', () => {
    const revoked = subject({
      snapshot: { Advertising: true },
      statements: [statement(false, AFTER)],
    })
    expect(decideConsent(advertising, revoked).evidence).toEqual([
      {
        category: 'Advertising',
        state: 'denied',
        source: 'profile',
        messageId: `said-${AFTER}`,
        statedAt: AFTER,
      },
    ])
  })

  test.each([
    { require: 'all', states: [true, false], verdict: 'deny' },
    { require: 'all', states: [true, undefined], verdict: 'hold' },
    { require: 'all', states: [false, undefined], verdict: 'deny' },
    { require: 'all', states: [true, true], verdict: 'send' },
    { require: 'any', states: [true, false], verdict: 'send' },
    { require: 'any', states: [true, undefined], verdict: 'send' },
    { require: 'any', states: [false, undefined], verdict: 'hold' },
    { require: 'any', states: [false, false], verdict: 'deny' },
  ] as const)('$require of $states → $verdict', ({ require, states, verdict }) => {
    const statements = states.flatMap((granted, at) =>
      granted === undefined ? [] : [statement(granted, BEFORE, `C${at}`)],
    )
    const policy: ConsentPolicy = { categories: ['C0', 'C1'], require, unknown: 'hold' }
    expect(decideConsent(policy, subject({ statements })).verdict).toBe(verdict)
  })

  test.each([
    { unknown: 'deny', verdict: 'deny' },
    { unknown: 'allow', verdict: 'send' },
    { unknown: 'hold', verdict: 'hold' },
  ] as const)('unknown means $unknown for this destination → $verdict', ({ unknown, verdict }) => {
    expect(decideConsent({ ...advertising, unknown }, subject()).verdict).toBe(verdict)
  })

  test('a destination without categories needs no consent', () => {
    const policy: ConsentPolicy = { categories: [], require: 'all', unknown: 'deny' }
    expect(decideConsent(policy, subject({ snapshot: {} })).verdict).toBe('send')
  })

  test('never sends when the person refused every category, whatever else is known', () => {
    const categories = ['A', 'B', 'C']
    const refusals = fc.record({
      snapshot: fc.option(fc.dictionary(fc.constantFrom(...categories), fc.boolean()), {
        nil: null,
      }),
      require: fc.constantFrom('all' as const, 'any' as const),
      unknown: fc.constantFrom('hold' as const, 'deny' as const, 'allow' as const),
    })
    fc.assert(
      fc.property(refusals, ({ snapshot, require, unknown }) => {
        const statements = categories.map((category) => statement(false, AFTER, category))
        const { verdict } = decideConsent(
          { categories, require, unknown },
          subject({ snapshot, statements }),
        )
        expect(verdict).toBe('deny')
      }),
      { seed: 7 },
    )
  })
})
