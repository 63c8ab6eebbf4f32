import { readFileSync } from 'node:fs'
import type { ConsentSubject } from '../../core/consent.ts'
import { underIds, unknownOf } from '../../core/consent-catalogue.ts'
import { parseConsentFile } from '../../core/consent-schema.ts'
import { parseDestinationFile } from '../../core/destination-schema.ts'
import { createPlatformConsent } from '../../core/platform-consent.ts'

const SHIPPED = parseConsentFile(readFileSync('mappings/consent.yaml', 'utf8'), 'consent.yaml')

const OWN = parseConsentFile(
  `categories:
  - { id: ads-first, label: First-party ads, purpose: advertising, aliases: [C1] }
  - { id: ads-third, label: Third-party ads, purpose: advertising }
  - { id: stats, label: Statistics, purpose: analytics }
purposes:
  advertising: { unknown: hold, hold: 2d }
  analytics: { unknown: deny }
  functional: { unknown: allow }
  messaging: { unknown: hold }
`,
  'consent.yaml',
)

const subject = (over: Partial<ConsentSubject>): ConsentSubject => ({
  snapshot: null,
  occurredAt: '2026-04-23T10:00:00.000Z',
  messageId: 'm1',
  statements: [],
  ...over,
})

describe('the platforms are told what the categories of a purpose say', () => {
  const consent = createPlatformConsent(OWN)

  test.each([
    { snapshot: { 'ads-first': true, 'ads-third': true }, ad: 'GRANTED', ldu: [] },
    { snapshot: { 'ads-first': true, 'ads-third': false }, ad: 'DENIED', ldu: ['LDU'] },
    { snapshot: { C1: true, 'ads-third': true }, ad: 'GRANTED', ldu: [] },
    { snapshot: null, ad: 'UNSPECIFIED', ldu: [] },
  ])('$snapshot: $ad', ({ snapshot, ad, ldu }) => {
    expect(consent(underIds(OWN, subject({ snapshot })))).toMatchObject({
      ad_storage: ad,
      ad_user_data: ad,
      ad_personalization: ad,
      data_processing_options: ldu,
      limited_data_use: ldu.length > 0,
    })
  })

  test('analytics by its own category', () => {
    expect(consent(subject({ snapshot: { stats: true } }))).toMatchObject({
      ad_storage: 'DENIED',
      analytics_storage: 'GRANTED',
    })
  })
})

describe('underIds()', () => {
  test('leaves what has no alias as it is', () => {
    const given = subject({ snapshot: { stats: true } })
    expect(underIds(OWN, given)).toBe(given)
  })

  test('lets a refusal under any name stand', () => {
    const both = { 'ads-first': true, C1: false }
    expect(underIds(OWN, subject({ snapshot: both })).snapshot).toEqual({ 'ads-first': false })
    const turned = { C1: false, 'ads-first': true }
    expect(underIds(OWN, subject({ snapshot: turned })).snapshot).toEqual({ 'ads-first': false })
  })

  test('puts the latest statement first, whatever its name', () => {
    const says = (category: string, granted: boolean, hour: number) => ({
      category,
      granted,
      statedAt: `2026-04-23T1${hour}:00:00.000Z`,
      messageId: `m${hour}`,
    })
    const given = [says('ads-first', true, 1), says('C1', false, 2)]
    expect(underIds(OWN, subject({ statements: given })).statements).toEqual([
      says('ads-first', false, 2),
      says('ads-first', true, 1),
    ])
    const [first] = underIds(
      OWN,
      subject({ statements: [says('ads-first', true, 2), says('C1', false, 2)] }),
    ).statements
    expect(first).toMatchObject({ granted: false })
  })
})

describe('a destination file', () => {
  const parse = (consent: string) =>
    parseDestinationFile(
      `definition: webhook\nconsent:\n  ${consent}\n`,
      'hook.yaml',
      undefined,
      OWN,
    )

  test.each([
    ['categories: [ads-third]', { unknown: 'hold', hold: 2 * 24 * 3_600_000 }],
    ['categories: [ads-third, stats]', { unknown: 'deny' }],
    ['categories: [stats]\n  unknown: allow', { unknown: 'allow' }],
    ['categories: [ads-first]\n  hold: 1h', { unknown: 'hold', hold: 3_600_000 }],
  ])('%s: an open question means %j', (consent, expected) => {
    expect(parse(consent).consent).toMatchObject(expected)
  })

  test.each([
    [
      'categories: [stats, Statistics]',
      'hook.yaml:3 consent.categories.1: "Statistics" is no category of consent.yaml; want one of ads-first, ads-third, stats, or add it to consent.yaml',
    ],
    [
      'categories: [C1]',
      'hook.yaml:3 consent.categories.0: "C1" is an alias; write its id, ads-first',
    ],
  ])('%s is refused with place and fix', (consent, fault) => {
    expect(() => parse(consent)).toThrow(fault)
  })
})

describe('faults of consent.yaml name file, line, place and fix', () => {
  const PURPOSES =
    'purposes: { advertising: { unknown: hold }, analytics: { unknown: deny }, functional: { unknown: allow }, messaging: { unknown: hold } }\n'
  test.each([
    [
      `${PURPOSES}categories:\n  - { id: A, label: a, purpose: ads }\n`,
      'consent.yaml:3 categories.0.purpose: want one of advertising, analytics, functional, messaging',
    ],
    [
      `${PURPOSES}categories:\n  - { id: A, label: a, purpose: analytics }\n  - { id: B, label: b, purpose: analytics, aliases: [A] }\n`,
      'consent.yaml:4 categories.1.aliases.0: "A" names a category already',
    ],
    [
      'categories: []\npurposes: { advertising: { unknown: hold } }\n',
      'consent.yaml:2 purposes.analytics',
    ],
  ])('%#', (text, fault) => {
    expect(() => parseConsentFile(text, 'consent.yaml')).toThrow(fault)
  })
})

test('the one shipped answers for every purpose', () => {
  expect(unknownOf(SHIPPED, ['Advertising'])?.unknown).toBe('hold')
  expect(unknownOf(SHIPPED, ['Analytics', 'Advertising'])?.unknown).toBe('deny')
  expect(unknownOf(SHIPPED, [])).toBeNull()
})
