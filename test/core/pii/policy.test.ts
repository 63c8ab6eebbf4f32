// What a PII policy does to a message, and the rules that hold for every message.
import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import type { JsonObject } from '../../../core/json.ts'
import { protectOf } from '../../support/compile-plan.ts'

const HEADER = "version: '1'\n"
const settings = { piiKey: 'a-key-for-the-tests' }
const sha = (text: string) => createHash('sha256').update(text).digest('hex')
const mac = (text: string) => createHmac('sha256', settings.piiKey).update(text).digest('hex')

/** One field `x` at `traits.x` under one rule. */
const acting = (action: string, more = '') =>
  protectOf(
    `${HEADER}fields: { x: { paths: [traits.x] } }\nrules: [{ fields: [x], action: ${action} ${more} }]`,
  )

const on = (protect: ReturnType<typeof protectOf>, x: unknown) =>
  protect({ type: 'identify', traits: { x, y: 1 } } as JsonObject, '', settings).traits

test.each<{ action: string; more?: string; from: unknown; to: unknown }>([
  { action: 'hash', from: ' Jane@Example.com ', to: sha('jane@example.com') },
  { action: 'hash', more: ', normalise: none', from: ' Jane', to: sha(' Jane') },
  { action: 'hash', more: ', normalise: digits', from: '+49 (151) 23', to: sha('4915123') },
  { action: 'hash', more: ', normalise: digits', from: '0049 151 23', to: sha('4915123') },
  { action: 'hash', from: sha('jane').toUpperCase(), to: sha('jane') },
  { action: 'hash', from: '', to: '' },
  { action: 'hash', from: 42, to: sha('42') },
  { action: 'hash', from: null, to: null },
  { action: 'hash', from: ['A', { b: 'C' }], to: [sha('a'), { b: sha('c') }] },
  { action: 'hmac', from: 'Jane', to: mac('jane') },
  { action: 'hmac', from: sha('jane'), to: sha('jane') },
  { action: 'tokenise', from: 'Jane', to: `tok_${mac('token\njane').slice(0, 32)}` },
  { action: 'mask', from: 'jane@example.com', to: 'j•••@•••.com' },
  { action: 'mask', from: '+4915123', to: '+49•••' },
  { action: 'mask', from: '203.0.113.77', to: '203.0.113.0' },
  { action: 'mask', from: '2001:db8:1:2:3:4:5:6', to: '2001:db8:1::' },
  { action: 'mask', from: '10:30:00', to: '1•••' },
  { action: 'keep', from: 'Jane', to: 'Jane' },
])('$action$more of $from', ({ action, more, from, to }) => {
  expect(on(acting(action, more), from)).toEqual({ x: to, y: 1 })
})

test('drop takes the key off', () => expect(on(acting('drop'), 'Jane')).toEqual({ y: 1 }))

test('items of lists and values of objects are reached; keys that are not there are not made', () => {
  const protect = protectOf(`${HEADER}
fields:
  note: { paths: ['properties.products[].note', 'properties.tags[]'] }
  extra: { paths: ['context.extra.*'] }
rules: [{ fields: [note], action: drop }, { fields: [extra], action: mask }]`)
  const message = {
    type: 'track',
    properties: { products: [{ note: 'for Jane', id: 1 }, { id: 2 }, 'text'], tags: ['a', 'b'] },
    context: { extra: { a: 'Jane', b: 'Doe' }, other: 'Jane' },
  }
  expect(protect(message, '', settings)).toEqual({
    type: 'track',
    properties: { products: [{ id: 1 }, { id: 2 }, 'text'], tags: [] },
    context: { extra: { a: 'J•••', b: 'D•••' }, other: 'Jane' },
  })
  const empty = { type: 'track', context: [] as never }
  expect(protect(empty, '', settings)).toBe(empty)
})

test('the first rule that speaks of a message is taken; calls and events narrow it', () => {
  const protect = protectOf(`${HEADER}
fields: { email: { paths: [properties.email, traits.email] } }
rules:
  - { fields: [email], action: keep, events: [Newsletter Joined] }
  - { fields: [email], action: drop, calls: [track] }
  - { fields: [email], action: mask }`)
  const track = (event: string) =>
    protect({ type: 'track', event, properties: { email: 'a@b.co' } }, '', settings).properties
  expect(track('Newsletter Joined')).toEqual({ email: 'a@b.co' })
  expect(track('Other')).toEqual({})
  expect(protect({ type: 'identify', traits: { email: 'a@b.co' } }, '', settings).traits).toEqual({
    email: 'a•••@•••.co',
  })
})

test('a destination with an allowlist gets no other field; one without gets all, after the rules', () => {
  const protect = protectOf(`${HEADER}
fields: { email: { paths: [traits.email] }, ip: { paths: [context.ip] } }
rules: [{ fields: [email], action: mask }]
destinations: { braze: [email], quiet: [] }`)
  const message = { type: 'identify', traits: { email: 'a@b.co' }, context: { ip: '203.0.113.7' } }
  const masked = { email: 'a•••@•••.co' }
  expect(protect(message, 'braze', settings)).toEqual({
    type: 'identify',
    traits: masked,
    context: {},
  })
  expect(protect(message, 'quiet', settings)).toEqual({ type: 'identify', traits: {}, context: {} })
  for (const other of ['', 'else', 'constructor'])
    expect(protect(message, other, settings)).toEqual({ ...message, traits: masked })
})

test('the key is asked for only when a keyed action is due, and nothing passes without it', () => {
  const protect = acting('hmac')
  const message = { type: 'identify', traits: { y: 1 } }
  expect(protect(message, '', {})).toBe(message)
  expect(() => protect({ type: 'identify', traits: { x: 'Jane' } }, '', {})).toThrow('no piiKey')
})

describe('for every message', () => {
  const all = protectOf(`${HEADER}
fields:
  hashed: { paths: [traits.h, 'properties.list[].h'] }
  digits: { paths: [traits.d] }
  keyed: { paths: [traits.k] }
  token: { paths: [traits.t] }
  tokenDigits: { paths: [traits.u] }
  masked: { paths: [traits.m, 'context.*'] }
  gone: { paths: [traits.g] }
rules:
  - { fields: [hashed], action: hash }
  - { fields: [digits], action: hash, normalise: digits }
  - { fields: [keyed], action: hmac }
  - { fields: [token], action: tokenise }
  - { fields: [tokenDigits], action: tokenise, normalise: digits }
  - { fields: [masked], action: mask }
  - { fields: [gone], action: drop }`)
  const text = fc.oneof(
    fc.string(),
    fc.emailAddress(),
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('+49 151 23', sha('x'), 'tok_x', 'a•••', ' ', '::', '1:2'),
  )
  const leaf = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null))
  const any = fc.oneof(
    leaf,
    fc.array(leaf, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'h', '__proto__'), leaf),
  )
  const message = fc.record({
    type: fc.constantFrom('track', 'identify'),
    traits: fc.dictionary(fc.constantFrom(...'hdktumg', 'other'), any),
    properties: fc.record({
      list: fc.array(fc.dictionary(fc.constantFrom('h', 'i'), any), { maxLength: 3 }),
    }),
    context: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), any),
  })

  test('done twice is done once, what is given is not written to, and no other key changes', () => {
    fc.assert(
      fc.property(message, (given) => {
        const before = JSON.stringify(given)
        const once = all(given as JsonObject, '', settings)
        expect(JSON.stringify(given)).toBe(before)
        expect(JSON.stringify(all(once, '', settings))).toBe(JSON.stringify(once))
        expect(JSON.stringify(all(JSON.parse(before), '', settings))).toBe(JSON.stringify(once))
        expect((once.traits as JsonObject).other).toEqual(given.traits.other)
        expect(Object.keys(once.traits as object)).toEqual(
          Object.keys(given.traits).filter((key) => key !== 'g'),
        )
      }),
      { seed: 20261122, numRuns: 500 },
    )
  })
})

test('a policy without rules gives back the message itself', () => {
  const message = { type: 'identify', traits: { x: 'Jane' } }
  expect(protectOf(`${HEADER}fields: { x: { paths: [traits.x] } }`)(message, '', null)).toBe(
    message,
  )
})
