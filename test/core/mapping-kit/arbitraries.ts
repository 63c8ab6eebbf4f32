// Random mappings and events. Names that only prototypes have, own `toString` keys and `{{` in values stay out: there
// biome-ignore-all lint/suspicious/noThenProperty: the directive's own word
// the two differ on purpose (differences.test.ts).
import fc from 'fast-check'
import { anyText } from '../../support/any-text.ts'

const KEYS = [
  ...['properties', 'traits', 'context', 'event', 'userId', 'type', 'items', 'id', 'a', 'b'],
  ...['sku name', 'dotted.key', 'with[0]', "quo'te", '', '0', '1', 'ключ', 'length', '@at', '$'],
]
const key = fc.constantFrom(...KEYS)
const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    false,
    0,
    -0,
    1,
    -1.5,
    1e21,
    '',
    ' ',
    '0',
    'false',
  ),
  fc.constantFrom<unknown>(
    'Order Completed',
    'A-b_C',
    'a-b',
    'null',
    '[1,{"x":null}]',
    '{"a":1}',
    '[1,',
  ),
  fc.constantFrom<unknown>('$& $1', '.*', '\ud800', 'İß', '12.50', new Date(0)),
  anyText({ maxLength: 8 }).filter((text) => !text.includes('{')),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

// Written as JSON.parse would: an own `__proto__`, never a changed prototype.
function objectOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const object = {}
  for (const [name, value] of entries)
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  return object
}

// An object under `__proto__` would become a prototype in the original: differences.test.ts.
const field = (value: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.tuple(key, value) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('__proto__'), fc.constantFrom(1, 'x', true)) },
  )
const objectWith = (value: fc.Arbitrary<unknown>, maxLength: number) =>
  fc.array(field(value), { maxLength }).map(objectOf)

const { value } = fc.letrec<{ value: unknown; list: unknown[]; object: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalar, tie('object'), tie('list')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: objectWith(tie('value'), 4),
}))

/** Events of the usual shape with anything in them. */
export const anyEvent = fc.oneof(
  objectWith(value, 6),
  fc.record(
    {
      type: fc.constantFrom('track', 'identify'),
      event: fc.constantFrom('Order Completed', 'Signed Up'),
      userId: scalar,
      properties: objectWith(value, 6),
      traits: objectWith(value, 4),
      items: fc.array(objectWith(value, 3), { maxLength: 3 }),
    },
    { noNullPrototype: true },
  ),
)

const step = fc.oneof(
  key.map((name) => `.${name}`),
  key.map((name) => `['${name}']`),
  key.map((name) => `["${name}"]`),
  fc.constantFrom('[0]', '[1]', '.length', '..', '[a]', ']'),
)
/** Paths as people write them, and as they should not. */
export const anyPath = fc.oneof(
  fc.constantFrom('$.', '', '.', '$', '$.properties', '$.properties.a', '$.items', '$.traits.a$.b'),
  fc.constantFrom('$.properties.items[0].id', "$.properties['sku name']", 'userId', '$.userId'),
  fc
    .tuple(fc.constantFrom('$', '$.', ''), key, fc.array(step, { maxLength: 3 }))
    .map(([start, first, rest]) => `${start === '$' ? '$.' : start}${first}${rest.join('')}`),
)

const placeholder = anyPath
  .filter((path) => !/[{}]/.test(path))
  .chain((path) => fc.constantFrom(`{{${path}}}`, `{{{ ${path} }}}`, `{{ ${path} }}`))
const template = fc
  .array(fc.oneof(placeholder, fc.constantFrom('', ' ', 'order ', '{', '}', '{{}}', '$&')), {
    maxLength: 4,
  })
  .filter((parts) => !(parts.some((part) => part.startsWith('{{{')) && parts.some(isBrace)))
  .map((parts) => parts.join(''))
  // Braces that run together can make a placeholder inside a placeholder, which is refused.
  .filter((text) => !/\{{4}|\}{4}|\{\{[^}]*\{\{/.test(text))

// A brace beside a value that is JSON text would make a placeholder of it in the original.
function isBrace(part: string): boolean {
  return part === '{' || part === '}'
}

const shortText = fc.constantFrom(
  '-',
  '_',
  ' ',
  '.',
  'a',
  'A',
  '$&',
  '[',
  '\\',
  '(',
  '|',
  '^',
  'ab',
)
const mixedFlags = { ignorecase: fc.boolean(), global: fc.boolean() }

const optional = <Value>(fields: { [Name in keyof Value]: fc.Arbitrary<Value[Name]> }) =>
  fc.record(fields, { requiredKeys: [] })

/** Mappings that mapping-kit accepts. */
export const anyMapping = fc.letrec<Record<string, unknown>>((tie) => {
  const place = tie('place')
  const textPlace = fc.oneof(shortText, tie('directive'))
  const objectPlace = fc.oneof(tie('directive'), tie('fields'))
  const one = (name: string, operand: fc.Arbitrary<unknown>) =>
    fc.tuple(operand, fc.boolean()).map(([inner, marked]) => ({
      [name]: inner,
      ...(marked ? { _metadata: { note: 'x' } } : {}),
    }))
  const condition = (name: string) =>
    fc
      .tuple(fc.record({ [name]: tie('directive') }), optional({ then: place, else: place }))
      .map(([test, branches]) => ({ ...test, ...branches }))
  return {
    place: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      scalar.filter((found) => found === null || typeof found !== 'object'),
      tie('directive'),
      tie('fields'),
      fc.array(place, { maxLength: 3 }),
    ),
    fields: fc.dictionary(fc.constantFrom('a', 'b', 'out', 'x y', '0'), place, { maxKeys: 4 }),
    directive: fc.oneof(
      { maxDepth: 4 },
      one('@path', anyPath),
      one('@path', textPlace),
      one('@template', fc.oneof(template, one('@path', anyPath))),
      one(
        '@literal',
        place.filter((found) => found !== undefined),
      ),
      one('@if', condition('exists')),
      one('@if', condition('blank')),
      one(
        '@if',
        tie('directive').map((directive) => ({ exists: directive, then: directive, else: 'no' })),
      ),
      one('@case', fc.record({ operator: fc.constantFrom('lower', 'upper'), value: textPlace })),
      one(
        '@replace',
        fc
          .tuple(
            fc.record({ pattern: shortText, value: textPlace }),
            optional({ ...mixedFlags, replacement: shortText }),
            optional({ pattern2: shortText, replacement2: shortText }),
          )
          .map((parts) => Object.assign({}, ...parts)),
      ),
      one('@arrayPath', fc.tuple(fc.oneof(anyPath, tie('directive')), tie('fields'))),
      one('@arrayPath', fc.tuple(anyPath)),
      one('@arrayPath', fc.tuple(anyPath, tie('directive'))),
      one(
        '@flatten',
        fc.record({
          separator: fc.constantFrom('.', '_', '--'),
          value: tie('directive'),
          omitArrays: fc.boolean(),
        }),
      ),
      one(
        '@json',
        fc.record({
          mode: fc.constantFrom('encode', 'decode'),
          value: fc.oneof(tie('directive'), tie('fields')),
        }),
      ),
      one(
        '@merge',
        fc.record({
          direction: fc.constantFrom('left', 'right'),
          objects: fc.array(objectPlace, { maxLength: 3 }),
        }),
      ),
      one('@transform', fc.record({ apply: objectPlace, mapping: objectPlace })),
      one(
        '@excludeWhenNull',
        place.filter((found) => found !== undefined),
      ),
    ),
  }
})

/** A whole mapping: fields, a directive for everything, or fields under a root directive. */
export const wholeMapping = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.dictionary(
      fc.constantFrom('v', 'w', 'x'),
      anyMapping.place as fc.Arbitrary<unknown>,
      { minKeys: 1 },
    ),
  },
  { weight: 2, arbitrary: anyMapping.directive as fc.Arbitrary<unknown> },
  {
    weight: 1,
    arbitrary: fc
      .tuple(anyMapping.fields as fc.Arbitrary<object>, anyMapping.fields as fc.Arbitrary<object>)
      .map(([apply, fields]) => ({
        __segment_internal_directive: { '@transform': { apply } },
        ...fields,
      })),
  },
) as fc.Arbitrary<Record<string, unknown>>

const OPERANDS = [
  ...['exists', 'blank', 'then', 'else', 'operator', 'value', 'pattern', 'replacement', 'pattern2'],
  ...['replacement2', 'global', 'separator', 'omitArrays', 'mode', 'direction', 'objects', 'apply'],
  ...['mapping', 'other'],
]
const plain = scalar.filter((found) => found === null || typeof found !== 'object')
const oddOperand = fc.oneof(
  plain,
  fc.constantFrom('lower', 'upper', 'left', 'right', 'encode', 'decode', '.'),
  anyMapping.directive as fc.Arbitrary<unknown>,
  fc.array(anyMapping.place as fc.Arbitrary<unknown>, { maxLength: 2 }),
)

/** Directives with the operands of others, missing ones and wrong ones: some are still fine. */
export const oddMapping = fc
  .tuple(
    fc.constantFrom('@path', '@template', '@literal', '@if', '@case', '@replace', '@arrayPath'),
    fc.constantFrom(
      '@flatten',
      '@json',
      '@merge',
      '@transform',
      '@excludeWhenNull',
      '@if',
      '@case',
    ),
    fc.boolean(),
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.dictionary(fc.constantFrom(...OPERANDS), oddOperand, { maxKeys: 5 }),
      },
      { weight: 1, arbitrary: oddOperand },
    ),
  )
  .map(
    ([one, other, takesOne, operand]): Record<string, unknown> => ({
      v: { [takesOne ? one : other]: operand },
    }),
  )
