// What becomes of a person, platform by platform: nothing is hashed twice, and what tells nobody apart stays behind.
import fc from 'fast-check'
import { arrange } from '../../../destinations/audience-members/arrange.ts'
import { buildGoogleMember } from '../../../destinations/google-audiences/build-member.ts'
import { buildKlaviyoMember } from '../../../destinations/klaviyo-lists/build-member.ts'
import { buildMetaMember } from '../../../destinations/meta-audiences/build-member.ts'
import { buildTikTokMember } from '../../../destinations/tiktok-audiences/build-member.ts'
import { sha256 } from '../../workspace/twins/twin-stage.ts'

const of = (over: object) => ({ external_audience_id: '7', is_member: true, ...over })
const EMAIL = 'jane.doe@example.com'

test.each([
  ['meta', buildMetaMember],
  ['google', buildGoogleMember],
  ['tiktok', buildTikTokMember],
] as const)('%s: a digest passes as it is, in lower case', (_, build) => {
  const raw = build(of({ email: ` ${EMAIL.toUpperCase()}`, event_id: 'm' }) as never)
  const hashed = build(of({ email: sha256(EMAIL).toUpperCase(), event_id: 'm' }) as never)
  expect(JSON.stringify(raw)).toContain(sha256(EMAIL))
  expect(hashed).toEqual(raw)
})

test('klaviyo: a digest of an address is nobody to write to', () => {
  expect(buildKlaviyoMember(of({ email: sha256(EMAIL) }))).toMatchObject({ kind: 'invalid' })
  expect(buildKlaviyoMember(of({ profile_id: '01J', email: EMAIL }))).toEqual({
    kind: 'event',
    event: { id: '01J' },
  })
  expect(buildKlaviyoMember(of({ phone: '0151 23456789', country: 'DE' }))).toEqual({
    kind: 'event',
    event: { phone_number: '+4915123456789' },
  })
})

test('mobile ids go where the platform takes them', () => {
  const id = 'AB1234CD-E123-12FA-B123-0123456789AB'
  expect(buildMetaMember(of({ mobile_advertising_id: id }))).toMatchObject({
    event: { MADID: id.toLowerCase() },
  })
  expect(buildTikTokMember(of({ idfa: id.toLowerCase(), gaid: id }))).toMatchObject({
    event: { IDFA_SHA256: sha256(id), GAID_SHA256: sha256(id.toLowerCase()) },
  })
  expect(buildTikTokMember(of({ idfa: '00' }))).toMatchObject({ kind: 'invalid' })
})

test('meta: a name alone is nobody; name and postal code are somebody', () => {
  const name = { first_name: 'Jane', last_name: 'Doe', city: 'Köln' }
  expect(buildMetaMember(of(name))).toMatchObject({ kind: 'invalid' })
  expect(buildMetaMember(of({ ...name, postal_code: '50667' }))).toMatchObject({ kind: 'event' })
})

test.each(['ad_user_data', 'ad_personalization'])(
  'google: whoever denied %s is not added, and is taken out all the same',
  (signal) => {
    const person = { email: EMAIL, [signal]: 'DENIED' }
    expect(buildGoogleMember(of(person))).toMatchObject({ kind: 'invalid' })
    expect(buildGoogleMember(of({ ...person, is_member: false }))).toMatchObject({ kind: 'event' })
  },
)

test('arrange(): whatever the order, the last change of each person decides', () => {
  const changes = fc.array(
    fc.record({ who: fc.constantFrom('a', 'b'), is_member: fc.boolean(), at: fc.nat(20) }),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(changes, (rows) => {
      const payloads = rows.map(({ who, is_member, at }) => ({
        external_audience_id: '7',
        user_id: who,
        is_member,
        changed_at: at,
      }))
      const { groups, overtaken } = arrange(payloads, () => '')
      const sent = groups.flatMap(({ positions }) => positions)
      expect([...sent, ...overtaken.keys()].sort((a, b) => a - b)).toEqual([...rows.keys()])
      for (const who of ['a', 'b']) {
        const own = [...rows.entries()].filter(([, row]) => row.who === who)
        const latest = Math.max(...own.map(([, row]) => row.at))
        const last = own.filter(([, row]) => row.at === latest).at(-1)
        const directions = sent
          .filter((at) => rows[at]?.who === who)
          .map((at) => rows[at]?.is_member)
        expect(new Set(directions)).toEqual(new Set(last ? [last[1].is_member] : []))
      }
    }),
  )
})
