import {
  arrivalOf,
  decideReplay,
  type ReplayCandidate,
  returnsToBefore,
} from '../../core/replay.ts'

const HOUR_MS = 60 * 60 * 1000
const NOW = Date.parse('2026-04-23T12:00:00.000Z')
const startedAt = '2026-04-23T10:00:00.000Z'
const mark = (status: number | null, error: string | null = 'no') => ({ status, error, startedAt })

describe('arrivalOf()', () => {
  test.each([
    { name: 'delivered', state: 'delivered', begun: 1, marks: [mark(200, null)], arrival: 'yes' },
    {
      name: 'dead after it was accepted',
      state: 'dead',
      begun: 2,
      marks: [mark(200, null), mark(400)],
      arrival: 'yes',
    },
    { name: 'unknown', state: 'unknown', begun: 1, marks: [mark(null)], arrival: 'possible' },
    {
      name: 'an attempt without a record',
      state: 'dead',
      begun: 2,
      marks: [mark(400)],
      arrival: 'possible',
    },
    {
      name: 'no answer',
      state: 'dead',
      begun: 1,
      marks: [mark(null, 'no answer within 10 ms')],
      arrival: 'possible',
    },
    {
      name: 'an earlier lost answer',
      state: 'dead',
      begun: 2,
      marks: [mark(null, 'ECONNRESET'), mark(400)],
      arrival: 'possible',
    },
    { name: '500', state: 'dead', begun: 1, marks: [mark(500)], arrival: 'possible' },
    { name: '504', state: 'dead', begun: 1, marks: [mark(504)], arrival: 'possible' },
    { name: '408', state: 'dead', begun: 1, marks: [mark(408)], arrival: 'possible' },
    { name: '503', state: 'dead', begun: 1, marks: [mark(503)], arrival: 'no' },
    { name: '429', state: 'dead', begun: 1, marks: [mark(429)], arrival: 'no' },
    { name: '400', state: 'dead', begun: 1, marks: [mark(400)], arrival: 'no' },
    {
      name: 'a refusal in a 200',
      state: 'dead',
      begun: 1,
      marks: [mark(200, 'code 40002')],
      arrival: 'no',
    },
    {
      name: 'nobody listened',
      state: 'dead',
      begun: 1,
      marks: [mark(null, 'ECONNREFUSED: connect')],
      arrival: 'no',
    },
    { name: 'never sent', state: 'filtered', begun: 0, marks: [], arrival: 'no' },
  ])('$name: $arrival', ({ state, begun, marks, arrival }) => {
    expect(arrivalOf(state, begun, marks)).toBe(arrival)
  })
})

describe('decideReplay()', () => {
  const rule = { by: ['event_id'], events: ['purchase'], withinMs: 48 * HOUR_MS }
  const candidate: ReplayCandidate = {
    state: 'delivered',
    event: 'purchase',
    arrival: 'yes',
    firstSentAtMs: NOW - HOUR_MS,
    identityThen: 'one',
    identityNow: 'one',
    wouldSend: true,
  }
  const all = { includeDelivered: true, confirmUnknown: true }
  const none = { includeDelivered: false, confirmUnknown: false }
  const until = NOW + 47 * HOUR_MS

  test.each([
    {
      name: 'a dead letter that never arrived',
      over: { state: 'dead', arrival: 'no' },
      may: none,
      verdict: null,
    },
    {
      name: 'what is pending',
      over: { state: 'pending', arrival: 'no' },
      may: all,
      verdict: 'under_way',
    },
    {
      name: 'what is held',
      over: { state: 'held', arrival: 'no' },
      may: all,
      verdict: 'under_way',
    },
    { name: 'a delivered one', over: {}, may: none, verdict: 'delivered' },
    {
      name: 'a delivered one that nobody knows',
      over: {},
      rule: null,
      may: all,
      verdict: 'would_count_twice',
    },
    {
      name: 'an event the platform does not compare',
      over: { event: 'lead' },
      may: all,
      verdict: 'would_count_twice',
    },
    {
      name: 'one that is forgotten',
      over: { firstSentAtMs: NOW - 48 * HOUR_MS },
      may: all,
      verdict: 'would_count_twice',
    },
    {
      name: 'another identity',
      over: { identityNow: 'other' },
      may: all,
      verdict: 'would_count_twice',
    },
    {
      name: 'no record of what was sent',
      over: { identityThen: null },
      may: all,
      verdict: 'would_count_twice',
    },
    {
      name: 'unknown, at nobody',
      over: { state: 'unknown', arrival: 'possible' },
      rule: null,
      may: none,
      verdict: 'may_have_arrived',
    },
    {
      name: 'unknown, confirmed',
      over: { state: 'unknown', arrival: 'possible' },
      rule: null,
      may: all,
      verdict: null,
    },
  ] as const)('$name: $verdict', ({ over, may, verdict, ...given }) => {
    const by = 'rule' in given ? given.rule : rule
    const decided = decideReplay({ ...candidate, ...over }, by, may, NOW)
    expect(decided.kind === 'refused' ? decided.code : null).toBe(verdict)
  })

  test('what the platform recognises goes until it forgets', () => {
    expect(decideReplay(candidate, rule, all, NOW)).toEqual({
      kind: 'replay',
      untilMs: until,
      identity: 'one',
    })
    const unknown = { ...candidate, state: 'unknown', arrival: 'possible' } as const
    expect(decideReplay(unknown, rule, none, NOW)).toEqual({
      kind: 'replay',
      untilMs: until,
      identity: 'one',
    })
    const forEver = { ...rule, withinMs: null }
    expect(decideReplay(candidate, forEver, all, NOW)).toEqual({
      kind: 'replay',
      untilMs: null,
      identity: 'one',
    })
  })
})

test.each([
  { from: 'delivered', state: 'filtered', reason: 'too_old', returns: true },
  { from: 'delivered', state: 'dead', reason: 'refused', returns: true },
  { from: 'unknown', state: 'held', reason: 'consent_unknown', returns: true },
  { from: 'unknown', state: 'delivered', reason: null, returns: false },
  { from: 'delivered', state: 'retrying', reason: 'busy', returns: false },
  { from: 'dead', state: 'filtered', reason: 'too_old', returns: false },
  { from: 'dead', state: 'filtered', reason: 'repeat_window_over', returns: true },
])('returnsToBefore(): $from, then $state: $returns', ({ from, state, reason, returns }) => {
  expect(returnsToBefore(from, { state, reason })).toBe(returns)
})
