// Whatever senders put into a field: no throw, no second hash, and what is normal stays as it is.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { IDENTITY_FIELDS, PLATFORMS } from '../../../core/identity-fields/field.ts'
import { formOf, hashField, normaliseField } from '../../../core/identity-fields/normalise-field.ts'
import { anyText } from '../../support/any-text.ts'

const SETTINGS = { seed: 20_261_122, numRuns: 600 }
const platform = fc.constantFrom(...PLATFORMS)
const field = fc.constantFrom(...IDENTITY_FIELDS)
const country = fc.constantFrom(
  undefined,
  'DE',
  'us',
  'GBR',
  'Italy',
  'AR',
  'BY',
  'nowhere',
  '\u0000',
)
const ODD = [
  ' ',
  '\t',
  '\n',
  '\0',
  '\u200b',
  '\u202e',
  '\u0301',
  '\u0130',
  'ß',
  'Σ',
  'é',
  '½',
  '.',
  '+',
  '@',
  "'",
  '-',
]
const oddText = fc.string({ unit: fc.constantFrom(...ODD, ...'aZ09'), maxLength: 30 })
const address = fc.emailAddress()
const digits = fc.stringMatching(/^\+?[0-9 ()./-]{4,20}$/)
const value = fc.oneof(oddText, address, digits, anyText(), fc.anything())

test('never throws, and answers with text or a reason', () => {
  fc.assert(
    fc.property(platform, field, value, country, (p, f, raw, hint) => {
      const result = normaliseField(p, f, raw, { country: hint })
      expect('missing' in result ? typeof result.missing : result.value.length > 0).toBeTruthy()
      const hash = hashField(p, f, raw, { country: hint })
      expect(hash === null || /^[0-9a-f]{64}$/.test(hash)).toBe(true)
    }),
    SETTINGS,
  )
})

test('normalising twice is normalising once', () => {
  fc.assert(
    fc.property(platform, field, value, country, (p, f, raw, hint) => {
      const once = normaliseField(p, f, raw, { country: hint })
      if (!('value' in once)) return
      // Meta's digits and TikTok's Chinese numbers carry no plus, so they are national again when read anew.
      const bare = f === 'phone' && !once.value.startsWith('+')
      const again = bare ? `+${p === 'tiktok' ? '86' : ''}${once.value}` : once.value
      expect(normaliseField(p, f, again, { country: hint })).toEqual(once)
    }),
    SETTINGS,
  )
})

test('a digest passes as it is and is never hashed again', () => {
  fc.assert(
    fc.property(platform, field, fc.string(), fc.boolean(), (p, f, text, isUpper) => {
      if (formOf(p, f) !== 'hashed') return
      const digest = createHash('sha256').update(text).digest('hex')
      expect(hashField(p, f, isUpper ? digest.toUpperCase() : ` ${digest} `)).toBe(digest)
    }),
    SETTINGS,
  )
})

test('nothing invisible survives: no controls, no marks of direction, composed letters only', () => {
  fc.assert(
    fc.property(platform, field, value, (p, f, raw) => {
      const result = normaliseField(p, f, raw)
      if (!('value' in result)) return
      expect(result.value).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
      expect(result.value).toBe(result.value.normalize('NFC').trim())
    }),
    SETTINGS,
  )
})
