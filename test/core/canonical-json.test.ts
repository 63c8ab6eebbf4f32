import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { canonicalJson } from '../../core/canonical-json.ts'
import { corpusRows, corpusTitle, describeCorpus } from './support/corpus.ts'

describe('canonicalJson()', () => {
  test.each([
    { name: 'keys sorted', text: '{"b":1,"a":2}', want: '{"a":2,"b":1}' },
    {
      name: 'keys sorted at every depth',
      text: '{"z":[{"y":1,"x":{"b":0,"a":0}}]}',
      want: '{"z":[{"x":{"a":0,"b":0},"y":1}]}',
    },
    {
      name: 'number-like keys sorted as text',
      text: '{"10":1,"9":2,"-1":3}',
      want: '{"-1":3,"10":1,"9":2}',
    },
    // RFC 8785 section 3.2.3: by UTF-16 code units, so the emoji (D83D…) comes before U+FB33.
    {
      name: 'keys sorted by UTF-16 code units',
      text: '{"\\ufb33":1,"\\ud83d\\ude02":2,"\\u20ac":3}',
      want: '{"€":3,"😂":2,"\ufb33":1}',
    },
    {
      name: 'upper case before lower case',
      text: '{"a":1,"B":2,"A":3}',
      want: '{"A":3,"B":2,"a":1}',
    },
    { name: 'lists in their own order', text: '[3, 1,\n2]', want: '[3,1,2]' },
    { name: 'white space removed', text: ' { "a" : [ ] , "b" : { } } ', want: '{"a":[],"b":{}}' },
    {
      name: 'short escapes and lower-case hexadecimal',
      text: '"\\u0008\\u0009\\u000a\\u000c\\u000d\\u000F\\u0022\\u005c\\/"',
      want: '"\\b\\t\\n\\f\\r\\u000f\\"\\\\/"',
    },
    { name: 'no Unicode normalisation', text: '"A\\u030a"', want: '"A\u030a"' },
    {
      name: 'no escape beyond ASCII controls',
      text: '"\\u007f\\u0080\\u2028é"',
      want: '"\u007f\u0080\u2028é"',
    },
    { name: 'negative zero', text: '-0', want: '0' },
    { name: 'integral decimals', text: '[56.0, 1E2]', want: '[56,100]' },
    {
      name: 'large and small exponents',
      text: '[1e21, 1e-7, 123456789012345680000]',
      want: '[1e+21,1e-7,123456789012345680000]',
    },
    { name: 'literals', text: '[null,true,false]', want: '[null,true,false]' },
    {
      name: 'an own key called __proto__',
      text: '{"__proto__":{"a":1},"a":2}',
      want: '{"__proto__":{"a":1},"a":2}',
    },
  ])('writes $name', ({ text, want }) => {
    expect(canonicalJson(JSON.parse(text))).toBe(want)
  })

  test('leaves out undefined members and writes undefined entries as null, as JSON.stringify does', () => {
    expect(canonicalJson({ b: undefined, a: [undefined, 1] })).toBe('{"a":[null,1]}')
  })

  test('one text whatever the order of keys, and the same value when parsed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        const parsed = JSON.parse(text)
        expect(parsed).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reversed(parsed))).toBe(text)
      }),
      { seed: 8785, numRuns: 300 },
    )
  })
})

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, reversed(inner)] as const)
  return Object.fromEntries(entries.reverse())
}

describeCorpus(corpusTitle('canonicalJson() on the published RFC 8785 vectors'), () => {
  const documents = corpusRows<{ name: string; input: string; output: string; sha256: string }>(
    'vectors/jcs.ndjson',
  )
  test('there are documents to read', () => expect(documents.length).toBeGreaterThan(5))

  test('every document', () => {
    for (const { input, output, sha256 } of documents) {
      const text = canonicalJson(JSON.parse(input))
      expect(text).toBe(output)
      expect(createHash('sha256').update(text).digest('hex')).toBe(sha256)
    }
  })

  test('every IEEE 754 number', () => {
    // NaN and the infinities have no text: JSON cannot state them, so they never come here.
    const numbers = corpusRows<{ ieee_hex: string; expected: string | null }>(
      'vectors/jcs-numbers.ndjson',
    ).filter(({ expected }) => expected !== null)
    const wrong = numbers.filter(({ ieee_hex, expected }) => {
      const number = Buffer.from(ieee_hex.padStart(16, '0'), 'hex').readDoubleBE()
      return canonicalJson(number) !== expected
    })
    expect(numbers.length).toBeGreaterThan(2000)
    expect(wrong).toEqual([])
  })
})
