// Vectors of others: telephone numbers of every region, and what published destinations hash for an input. Where we
// differ on purpose, the table says why; every other difference is a fault.
import type { IdentityField, Platform } from '../../../core/identity-fields/field.ts'
import { hashField, normaliseField } from '../../../core/identity-fields/normalise-field.ts'
import { corpusRows, corpusTitle, describeCorpus } from '../support/corpus.ts'

interface PhoneRow {
  readonly region: string
  readonly type: string
  readonly country_code: string
  readonly national: string
  readonly national_dialled: string
  readonly e164: string
  readonly sha256_e164: string
  readonly sha256_digits: string
}

const isPersons = ({ type }: PhoneRow) => type === 'mobile' || type === 'fixedLine'

// Written form → how many rows may be left out (never: read wrongly), of all types and of persons' numbers alone.
const FORMS = [
  // BJ and CA: seven and eight digits of service numbers; IR: a four-digit one.
  { form: 'E.164', leftOut: 4, persons: 0, write: (row: PhoneRow) => [row.e164] as const },
  {
    form: '00 prefix',
    leftOut: 4,
    persons: 0,
    write: (row: PhoneRow) => [`00${row.e164.slice(1)}`] as const,
  },
  // Also AC and TA, which ISO 3166 has no code for, and four-digit numbers of NU and TK.
  {
    form: 'as dialled',
    leftOut: 13,
    persons: 6,
    write: (row: PhoneRow) => [row.national_dialled, row.region] as const,
  },
  {
    form: 'without trunk prefix',
    leftOut: 12,
    persons: 6,
    write: (row: PhoneRow) => [row.national, row.region] as const,
  },
  // Without plus, a number can be read as national too where lengths vary: AD, DE, LU, SE …
  {
    form: 'without plus',
    leftOut: 46,
    persons: 15,
    write: (row: PhoneRow) => [row.e164.slice(1), row.region] as const,
  },
]

describeCorpus(corpusTitle('telephone numbers of the corpus'), () => {
  const all = corpusRows<PhoneRow>('vectors/phones.ndjson')

  test.each(FORMS)('$form', ({ form, leftOut, persons, write }) => {
    const rows =
      form.startsWith('E') || form.startsWith('0')
        ? all
        : all.filter(({ region }) => region !== '001')
    expect(rows.length).toBeGreaterThan(1100)
    const results = rows.map((row) => {
      const [raw, country] = write(row)
      return { row, result: normaliseField('google', 'phone', raw, { country }) }
    })
    const wrong = results.filter(
      ({ row, result }) => 'value' in result && result.value !== row.e164,
    )
    const missing = results.filter(({ result }) => 'missing' in result)
    // 96 01 is a service number of Iran that begins with Iran's own code.
    expect(wrong.map(({ row }) => `${row.region} ${row.type}`)).toEqual(
      form === 'without plus' ? ['IR uan'] : [],
    )
    expect(missing.length).toBeLessThanOrEqual(leftOut)
    expect(missing.filter(({ row }) => isPersons(row)).length).toBeLessThanOrEqual(persons)
  })

  test('a national number without a country is never read', () => {
    const read = all.filter(
      ({ region, national_dialled }) =>
        region !== '001' && 'value' in normaliseField('google', 'phone', national_dialled),
    )
    expect(read).toEqual([])
  })

  test('hashes with and without plus', () => {
    for (const row of all.filter(isPersons)) {
      expect(hashField('google', 'phone', row.e164)).toBe(row.sha256_e164)
      expect(hashField('meta', 'phone', row.e164)).toBe(row.sha256_digits)
    }
  })
})

interface NormalisationRow {
  readonly platform: string
  readonly field: string
  readonly input: string
  readonly normalised: string
  readonly sha256: string
  readonly already_hashed?: boolean
  readonly country_code?: string
}

const PLATFORM_OF: Readonly<Record<string, Platform>> = {
  'facebook-conversions-api': 'meta',
  'facebook-custom-audiences': 'meta',
  'google-enhanced-conversions': 'google',
  'google-ads': 'google',
  'tiktok-conversions': 'tiktok',
  'tiktok-app-events': 'tiktok',
  'tiktok-offline-conversions': 'tiktok',
  'tiktok-audiences': 'tiktok',
}
const FIELD_OF: Readonly<Record<string, IdentityField>> = {
  email: 'email',
  phone: 'phone',
  city: 'city',
  state: 'region',
  zip: 'postal_code',
  country: 'country',
  gender: 'gender',
}
const COUNTRY_OF: Readonly<Record<string, string>> = {
  '1': 'US',
  '44': 'GB',
  '49': 'DE',
  '91': 'IN',
}

// Why an answer of ours may differ from the published destinations'.
const AGREED: readonly {
  readonly why: string
  readonly is: (row: NormalisationRow, ours: unknown) => boolean
}[] = [
  {
    why: 'Google removes what follows the plus at Gmail (Format user data); the package keeps it',
    is: ({ platform, field, input }) =>
      platform.startsWith('google') && field === 'email' && /\+.*@gmail/.test(input),
  },
  {
    why: 'no country code and no country: left out instead of taken as it stands or as American',
    is: ({ field }, ours) => field === 'phone' && ours === 'no_country',
  },
  {
    why: 'not a telephone number that anybody can have',
    is: ({ field }, ours) => field === 'phone' && ours === 'malformed',
  },
  {
    why: 'a German number without plus may be one of the area 049…: left out',
    is: ({ field, input }, ours) =>
      field === 'phone' && input.startsWith('49') && ours === 'ambiguous',
  },
  {
    why: 'the package puts the American code before a number that has its own',
    is: ({ field, input, normalised }) =>
      field === 'phone' && /^\+[^1]/.test(input) && normalised.startsWith('+1'),
  },
  {
    why: 'the audiences action of the package hashes the telephone number as it was typed',
    is: ({ platform, field, input }) =>
      platform === 'tiktok-audiences' && field === 'phone' && input.includes(' '),
  },
]

describeCorpus(corpusTitle('hashes of published destinations'), () => {
  const rows = corpusRows<NormalisationRow>('vectors/normalisation.ndjson').filter(
    ({ platform, field }) => PLATFORM_OF[platform] && FIELD_OF[field],
  )

  const compared = rows.map((row) => {
    const country = COUNTRY_OF[(row.country_code ?? '').replace('+', '')]
    const platform = PLATFORM_OF[row.platform] as Platform
    const field = FIELD_OF[row.field] as IdentityField
    const result = normaliseField(platform, field, row.input, { country })
    const ours = hashField(platform, field, row.input, { country })
    return { row, ours, reason: 'missing' in result ? result.missing : result.value }
  })

  test('are ours too, but for the agreed differences', () => {
    expect(rows.length).toBeGreaterThan(80)
    const differing = compared.filter(({ row, ours }) => ours !== row.sha256)
    const unexplained = differing.filter(
      ({ row, reason }) => !AGREED.some(({ is }) => is(row, reason)),
    )
    expect(unexplained.map(({ row, reason }) => ({ ...row, reason }))).toEqual([])
    // A line of the table that nothing uses any more would hide a fault one day.
    const unused = AGREED.filter(({ is }) => !differing.some(({ row, reason }) => is(row, reason)))
    expect(unused).toEqual([])
    expect(differing.length).toBeLessThan(rows.length / 2)
  })

  test('that came in as hashes went out as they were', () => {
    const digests = compared.filter(({ row }) => /^[0-9a-f]{64}$/i.test(row.input))
    expect(digests.length).toBeGreaterThan(3)
    for (const { row, ours } of digests) expect(ours).toBe(row.input.toLowerCase())
  })
})
