import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import type { CanonicalEvent } from '../../../core/canonical-event.ts'
import { PLATFORMS } from '../../../core/identity-fields/field.ts'
import { createMatchCoverage } from '../../../core/identity-fields/match-coverage.ts'
import { matchQuality } from '../../../core/identity-fields/match-quality.ts'
import { anyText } from '../../support/any-text.ts'

const FOLDER = 'test/fixtures/messages'
const RECORDED: CanonicalEvent[] = readdirSync(FOLDER).flatMap((file) => {
  const { entry } = JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8'))
  return entry?.canonical ? [entry.canonical] : []
})

// Values as senders have them: usual ones, near misses, digests, and whatever text.
const or = (...usual: string[]) =>
  fc.option(
    fc.oneof(
      fc.constantFrom(...usual, '', ' ', 'a'.repeat(600), 'a'.repeat(64)),
      fc.string(),
      anyText(),
      fc.stringMatching(/^[\w.@+-]{1,20}$/),
    ),
    { nil: undefined },
  )
const user = fc.record({
  email: or('jane@example.com', 'Jane.Doe+x@Gmail.com', 'jane@', 'a..b@c.de', 'a.@b.de', '.a@b.de'),
  phone: or('+4915112345678', '0151 12345678', '+49 (0) 151 234567', '12345'),
  first_name: or('Jane', 'Zoë', 'J', 'O’Neill', '李'),
  last_name: or('Doe', 'Müller-Lüdenscheidt', '4'),
  city: or('Berlin', 'Sankt Gallen'),
  region: or('BE', 'California', 'CA'),
  postal_code: or('10115', 'SW1A 1AA', '941051234', '1010'),
  country: or('DE', 'de', 'DEU', 'Germany', 'ZZ'),
})
const context = fc.record({
  ip: or('8.8.8.8', '10.0.0.1', '2001:4860::8888'),
  user_agent: or('Mozilla/5.0 (X11; Linux x86_64) Firefox/1', 'curl/8'),
  click_ids: fc.record({
    fbc: or('fb.1.1554763741205.IwAR2F4dbP0l7', 'fb.x'),
    fbp: or('fb.1.1596403881668.1116446470', 'fb.1.2'),
    fbclid: or('IwAR2F4dbP0l7_new'),
    gclid: or('Cj0KCQjw_test_gclid'),
    wbraid: or('Cj0KCQjw_test_wbraid'),
    ttclid: or('E.C.P.CtQBtest'),
    ttp: or('94e2a4jtest'),
  }),
})

describe.each(PLATFORMS)('the coverage for %s', (platform) => {
  const coverage = createMatchCoverage(platform)

  function assertAgrees(event: CanonicalEvent) {
    const { score, missing } = matchQuality(platform, event)
    const short = coverage(event)
    expect(short.score).toBe(score)
    expect([...short.missing].sort()).toEqual(missing.map(({ identifier }) => identifier).sort())
  }

  test('agrees with the whole estimate for every recorded message', () => {
    expect(RECORDED.length).toBeGreaterThan(60)
    for (const event of RECORDED) assertAgrees(event)
  })

  test('agrees with it whatever the values are', () => {
    const [any] = RECORDED as [CanonicalEvent]
    const userId = fc.option(
      fc.oneof(fc.string(), fc.constantFrom('cust_1', '---', 'f'.repeat(64))),
    )
    fc.assert(
      fc.property(user, context, userId, (user, context, canonical_user_id) => {
        assertAgrees({ ...any, user, context, canonical_user_id } as CanonicalEvent)
      }),
      { numRuns: 300, seed: 7 },
    )
  })
})
