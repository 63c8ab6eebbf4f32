import fc from 'fast-check'

// Before and after the surrogates, which are no characters.
const FIRST_SURROGATE = 0xd800
const SURROGATES = 0x800

// fast-check's own unit "binary" lists a million characters first, for a second, in every test file that uses it.
const character = fc
  .nat({ max: 0x10ffff - SURROGATES })
  .map((nth) => String.fromCodePoint(nth < FIRST_SURROGATE ? nth : nth + SURROGATES), placeOf)

// By it fast-check knows how to make the texts that it finds dangerous, e.g. `__proto__`.
function placeOf(text: unknown): number {
  const [only, ...more] = typeof text === 'string' ? text : ''
  const code = only?.codePointAt(0)
  if (code === undefined || more.length > 0) throw new Error('not one character')
  return code < FIRST_SURROGATE ? code : code - SURROGATES
}

/** Text of any characters of Unicode, control characters included. */
export function anyText(constraints: fc.StringConstraints = {}): fc.Arbitrary<string> {
  return fc.string({ ...constraints, unit: character })
}
