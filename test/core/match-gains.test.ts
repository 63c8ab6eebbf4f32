import { matchGains } from '../../core/identity-fields/match-gains.ts'

test('what an identifier would bring is its mean rise over all events, the greatest first', () => {
  const gains = matchGains('klaviyo', [
    { missing: ['email', 'phone'], events: 1 },
    { missing: ['phone'], events: 3 },
  ])
  expect(gains.map(({ identifier, share, gain }) => [identifier, share, gain])).toEqual([
    ['phone', 0, 2.5],
    ['email', 0.75, 1.4],
    ['external_id', 1, 0],
  ])
  expect(gains[0]?.hint).toContain('send traits.phone')
})

test('what only narrows a match brings no more than the limit without one that finds a person', () => {
  const all = ['email', 'phone', 'external_id', 'first_name', 'last_name', 'postal_code']
  const [email] = matchGains('generic', [{ missing: all, events: 1 }])
  expect(email).toMatchObject({ identifier: 'email', gain: 4 })
})
