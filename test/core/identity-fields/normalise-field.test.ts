// Known answers of our own: normalised by hand from the vendors' pages, digests made with sha256sum.
import { createHash } from 'node:crypto'
import {
  IDENTITY_FIELDS,
  type IdentityField,
  PLATFORMS,
  type Platform,
} from '../../../core/identity-fields/field.ts'
import {
  createIdentityHasher,
  formOf,
  hashField,
  normaliseField,
  sendableField,
} from '../../../core/identity-fields/normalise-field.ts'
import file from '../vectors/identity-fields.json'

interface Vector {
  readonly platform: Platform
  readonly field: IdentityField
  readonly raw: string
  readonly country?: string
  readonly normalised?: string
  readonly form?: 'hashed' | 'plain'
  readonly sha256?: string
  readonly missing?: string
}
const vectors = file.vectors as unknown as readonly Vector[]

const hintsOf = ({ country }: Vector) => (country === undefined ? {} : { country })

test.each(vectors)('$platform $field "$raw" $country', (vector) => {
  const { platform, field, raw } = vector
  const hints = hintsOf(vector)
  const result = normaliseField(platform, field, raw, hints)
  if (vector.missing !== undefined) {
    expect(result).toEqual({ missing: vector.missing })
    expect(hashField(platform, field, raw, hints)).toBeNull()
    return
  }
  expect(result).toEqual({ value: vector.normalised })
  expect(formOf(platform, field)).toBe(vector.form)
  expect(hashField(platform, field, raw, hints)).toBe(vector.sha256 ?? null)
  expect(sendableField(platform, field, raw, hints)).toEqual({
    value: vector.sha256 ?? vector.normalised,
  })
})

// The digests that Meta prints beside its examples.
test.each([
  [
    'email',
    'John_Smith@gmail.com',
    '62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f',
  ],
  ['phone', '(650)555-1212', 'e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176'],
  ['first_name', 'Mary', '6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec'],
  ['first_name', '정', '8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14'],
  ['first_name', 'Valéry', '08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c'],
  ['birthday', '2/16/1997', '01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c'],
  ['country', 'United States', '79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621'],
] as const)("Meta's example %s %s", (field, raw, digest) => {
  expect(hashField('meta', field, raw, { country: 'US' })).toBe(digest)
})

describe('one telephone number', () => {
  const raw = '+49 (0) 151 23456789'

  it('is hashed with its plus for Google and without it for Meta', () => {
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    expect(hashField('google', 'phone', raw)).toBe(sha256('+4915123456789'))
    expect(hashField('meta', 'phone', raw)).toBe(sha256('4915123456789'))
  })

  it('is never given a country code that nobody named', () => {
    for (const platform of PLATFORMS) {
      expect(normaliseField(platform, 'phone', '650 555 1212')).toEqual({ missing: 'no_country' })
    }
  })
})

describe('createIdentityHasher()', () => {
  const person = { email: 'Jane@Example.com', phone: '0151 23456789', country: 'DE', city: 'Köln' }

  it('reads national telephone numbers by the country of the person', () => {
    const { values, leftOut } = createIdentityHasher('tiktok')(person)
    expect(values).toEqual({
      email: hashField('tiktok', 'email', 'jane@example.com'),
      phone: hashField('tiktok', 'phone', '+4915123456789'),
      city: 'köln',
      country: 'de',
    })
    expect(leftOut).toEqual({})
  })

  it('names what was given and left out, and is silent on what was not given', () => {
    const { values, leftOut } = createIdentityHasher('meta')({
      phone: '0151 23456789',
      email: 'x',
      city: null,
    })
    expect(values).toEqual({})
    expect(leftOut).toEqual({ phone: 'no_country', email: 'malformed' })
  })

  it('gives one person nothing of another', () => {
    const hash = createIdentityHasher('meta')
    hash(person)
    expect(hash({ phone: '0151 23456789' })).toEqual({
      values: {},
      leftOut: { phone: 'no_country' },
    })
  })

  it('agrees with sendableField() for every platform and field', () => {
    const whole = {
      ...person,
      first_name: 'Jane',
      last_name: 'Doe',
      region: 'NRW',
      postal_code: '50667',
      birthday: '1990-05-15',
      gender: 'f',
      external_id: 'cust_1',
    }
    for (const platform of PLATFORMS) {
      const { values } = createIdentityHasher(platform)(whole)
      for (const field of IDENTITY_FIELDS) {
        const result = sendableField(platform, field, whole[field], { country: 'DE' })
        expect(values[field]).toBe('value' in result ? result.value : undefined)
      }
    }
  })
})

test.each([undefined, null, {}, [], true, Number.NaN, () => 1, Symbol('x'), 10n])(
  'normaliseField() has an answer for %p, which is neither text nor a number',
  (raw) => {
    const result = normaliseField('meta', 'email', raw)
    expect(result).toEqual({ missing: raw === undefined || raw === null ? 'empty' : 'not_text' })
  },
)

test('a number counts as its digits', () => {
  expect(normaliseField('meta', 'birthday', 19970216)).toEqual({ value: '19970216' })
  expect(normaliseField('meta', 'external_id', 10482)).toEqual({ value: '10482' })
})
