import fc from 'fast-check'
import {
  HEADERS,
  isFresh,
  type SignedContent,
  sign,
  signatureTimestamp,
  signedHeaders,
  TOLERANCE_MS,
  verify,
} from '../../core/signature.ts'
import { anyText } from '../support/any-text.ts'
import { vectors } from './vectors/signature.json'

describe('verify()', () => {
  test.each(vectors)('$name', ({ secrets, header, valid, ...content }) => {
    expect(verify(secrets, content, header)).toBe(valid)
    expect(verify(secrets, { ...content, body: Buffer.from(content.body) }, header)).toBe(valid)
  })
})

describe('sign()', () => {
  const single = vectors.filter(
    ({ valid, secrets, header }) => valid && secrets.length === 1 && !header.includes(','),
  )
  test.each(single)('$name', ({ secrets, header, timestamp, account, environment, body }) => {
    expect(sign(secrets[0] ?? '', { timestamp, account, environment, body })).toBe(header)
  })
})

test('of long text is that of its bytes, wherever a character of two halves stands', () => {
  const around = { timestamp: '2026-04-23T10:15:30Z', account: 'a', environment: 'e' }
  for (let length = 8_180; length < 8_200; length++) {
    const body = `${'x'.repeat(length)}😀ü${'→'.repeat(9_000)}${'😀'.repeat(9_000)}`
    expect(sign('s', { ...around, body })).toBe(sign('s', { ...around, body: Buffer.from(body) }))
  }
})

describe('signedHeaders()', () => {
  const content = { timestamp: '2026-04-23T10:15:30Z', account: 'a', environment: 'e', body: '{}' }

  test('carry what the receiver needs to rebuild the signed content', () => {
    expect(signedHeaders(['s'], content)).toEqual({
      'X-TrackLayer-Account': 'a',
      'X-TrackLayer-Environment': 'e',
      'X-TrackLayer-Timestamp': '2026-04-23T10:15:30Z',
      'X-TrackLayer-Signature': sign('s', content),
    })
  })

  test('carry one signature a secret, each good by itself', () => {
    const header = signedHeaders(['old', 'new'], content)[HEADERS.signature] ?? ''
    expect(verify(['old'], content, header)).toBe(true)
    expect(verify(['new'], content, header)).toBe(true)
    expect(verify(['other'], content, header)).toBe(false)
  })
})

// Well-formed text: a lone surrogate has no bytes of its own, so HTTP can carry none.
const text = (minLength: number) => anyText({ minLength, maxLength: 60 })
const signed = fc.record({
  secret: text(1),
  content: fc.record({
    timestamp: fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('2099-01-01') })
      .map((date) => signatureTimestamp(date.getTime())),
    account: text(1),
    environment: text(1),
    body: fc.jsonValue().map((value) => JSON.stringify(value)),
  }),
})

// One byte of the UTF-8 text, turned into another one.
function withByteChanged(value: string, at: number, by: number): Buffer {
  const bytes = Buffer.from(value)
  const place = at % bytes.length
  bytes[place] = ((bytes[place] ?? 0) + by) % 256
  return bytes
}

describe('signatures as a property', () => {
  test('what is signed verifies, as text and as bytes', () => {
    fc.assert(
      fc.property(signed, ({ secret, content }) => {
        const header = sign(secret, content)
        expect(verify([secret], content, header)).toBe(true)
        expect(verify([secret], { ...content, body: Buffer.from(content.body) }, header)).toBe(true)
      }),
      { seed: 34, numRuns: 200 },
    )
  })

  test('one changed byte of the body fails', () => {
    fc.assert(
      fc.property(
        signed,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        ({ secret, content }, at, by) => {
          const body = withByteChanged(content.body, at, by)
          expect(verify([secret], { ...content, body }, sign(secret, content))).toBe(false)
        },
      ),
      { seed: 35, numRuns: 300 },
    )
  })

  // latin1 keeps one character a byte, so that the changed byte stays one change of the text.
  const latin1 = (value: string, at: number, by: number) =>
    withByteChanged(value, at, by).toString('latin1')
  const ascii = fc.string({ unit: fc.constantFrom(...'abcXYZ019_-.'), minLength: 1, maxLength: 80 })
  const signedAscii = fc.record({
    secret: ascii,
    content: fc.record({
      timestamp: fc.constant('2026-04-23T10:15:30Z'),
      account: ascii,
      environment: ascii,
      body: fc.constant('{"batch":[]}'),
    }),
  })
  const fields = ['timestamp', 'account', 'environment', 'secret', 'signature'] as const

  test.each(fields)('one changed byte of the %s fails', (field) => {
    fc.assert(
      fc.property(
        signedAscii,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        ({ secret, content }, at, by) => {
          const header = sign(secret, content)
          const changed = (value: string) => latin1(value, at, by)
          const altered: SignedContent =
            field === 'secret' || field === 'signature'
              ? content
              : { ...content, [field]: changed(content[field]) }
          expect(
            verify(
              [field === 'secret' ? changed(secret) : secret],
              altered,
              field === 'signature' ? changed(header) : header,
            ),
          ).toBe(false)
        },
      ),
      { seed: 36, numRuns: 300 },
    )
  })
})

describe('isFresh()', () => {
  const now = Date.parse('2026-04-23T10:15:30Z')
  test.each([
    { name: 'this very second', timestamp: '2026-04-23T10:15:30Z', fresh: true },
    { name: 'exactly five minutes ago', timestamp: '2026-04-23T10:10:30Z', fresh: true },
    {
      name: 'a second more than five minutes ago',
      timestamp: '2026-04-23T10:10:29Z',
      fresh: false,
    },
    { name: 'exactly five minutes ahead', timestamp: '2026-04-23T10:20:30Z', fresh: true },
    {
      name: 'a second more than five minutes ahead',
      timestamp: '2026-04-23T10:20:31Z',
      fresh: false,
    },
    { name: 'another zone, the same instant', timestamp: '2026-04-23T12:15:30+02:00', fresh: true },
    { name: 'empty text', timestamp: '', fresh: false },
    { name: 'no instant', timestamp: 'yesterday', fresh: false },
  ])('$name: $fresh', ({ timestamp, fresh }) => {
    expect(isFresh(timestamp, now)).toBe(fresh)
  })

  test('takes another tolerance, to the millisecond', () => {
    expect(isFresh('2026-04-23T10:15:30Z', now + 1000, 1000)).toBe(true)
    expect(isFresh('2026-04-23T10:15:30Z', now + 1001, 1000)).toBe(false)
  })

  test('the tolerance is five minutes, as agreed in design 3.4', () => {
    expect(TOLERANCE_MS).toBe(300_000)
  })
})

test('signatureTimestamp() writes whole seconds in UTC', () => {
  expect(signatureTimestamp(Date.parse('2026-04-23T10:15:30.999Z'))).toBe('2026-04-23T10:15:30Z')
})
