import { createHash } from 'node:crypto'
import { recordedPayload } from '../../delivery/recorded-payload.ts'

test('a payload is kept without personal data, and its digest tells what the mask hides', () => {
  const of = (email: string) =>
    recordedPayload({ b: 1, user: { email, client_user_agent: 'Mozilla' } })
  expect(of('jane@example.com')).toEqual({
    payload: { b: 1, user: { email: 'j•••@•••.com', client_user_agent: 'M•••' } },
    digest: expect.stringMatching(/^[0-9a-f]{16}$/),
  })
  const [one, other] = [of('jane@example.com'), of('john@example.com')] as { digest: string }[]
  expect(one?.digest).not.toBe(other?.digest)
  expect(recordedPayload({ a: 1 }, 'as it was sent')).toEqual({
    payload: { a: 1 },
    digest: createHash('sha256').update('as it was sent').digest('hex').slice(0, 16),
  })
})

test.each([
  { name: 'NUL', text: 'a\0b' },
  { name: 'half a pair', text: 'a\ud83db' },
])('$name is replaced, as PostgreSQL holds neither', ({ text }) => {
  expect(recordedPayload({ text })).toMatchObject({ payload: { text: 'a\uFFFDb' } })
})

test('without a payload there is nothing to keep', () => {
  expect(recordedPayload(undefined)).toEqual({})
})
