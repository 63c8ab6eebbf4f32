import { createColors } from 'picocolors'
import { amountText, type OutcomesAnswer, outcomeLines } from '../../cli/audience-outcomes.ts'

test.each([
  { amount: '12.5', currency: 'EUR', shown: '12.50' },
  { amount: '-3', currency: 'EUR', shown: '-3.00' },
  { amount: '12.345', currency: 'EUR', shown: '12.345' },
  { amount: '500', currency: 'JPY', shown: '500' },
  { amount: '1.2', currency: 'KWD', shown: '1.200' },
  { amount: '70.5', currency: 'POINTS', shown: '70.5' },
  { amount: '7', currency: null, shown: '7' },
])('$amount $currency is $shown', ({ amount, currency, shown }) => {
  expect(amountText(amount, currency)).toBe(shown)
})

test('the outcomes of an audience as people read them', () => {
  const revenue = [{ currency: 'EUR', orders: 2, gross: '20', taken_back: '4.5', net: '15.5' }]
  const member = {
    conversions: 2,
    people: 1,
    events: { purchase: { conversions: 2, people: 1, revenue } },
  }
  const nobody = { conversions: 0, people: 0, events: {} }
  const split = { member, not_member: nobody, total: member }
  const answer: OutcomesAnswer = {
    id: 'vip',
    asked: { since: null, until: '2026-05-01T00:00:00.000Z', window: '7d' },
    audience: { people: 3, entries: 1 },
    period: split,
    window: { ...split, member: nobody, not_member: member },
  }
  expect([...outcomeLines(answer, createColors(false))].join('\n')).toMatchInlineSnapshot(`
"vip  from the beginning to 2026-05-01T00:00:00.000Z
  3 people inside at some time, 1 entered meanwhile

  when they converted
  members        2 conversions by 1 person
    purchase                    2
      EUR                   15.50 net  (20.00 less 4.50 taken back)
  not members    0 conversions by 0 people
  all            2 conversions by 1 person
    purchase                    2
      EUR                   15.50 net  (20.00 less 4.50 taken back)

  within 7d after entering
  members        0 conversions by 0 people
  not members    2 conversions by 1 person
    purchase                    2
      EUR                   15.50 net  (20.00 less 4.50 taken back)
  all            2 conversions by 1 person
    purchase                    2
      EUR                   15.50 net  (20.00 less 4.50 taken back)"
`)
})
