// Which personal field a mapping sends on, read from its directives.
import { parseDestinationFile } from '../../../core/destination-schema.ts'
import { goneLeaks, leaksOf, newLeaks } from '../../../core/pii/leaks.ts'
import { parsePiiPolicy } from '../../../core/pii/schema.ts'

const policy = parsePiiPolicy(
  `version: '1'
fields:
  email: { paths: [traits.email], canonical: [user.email, properties.email] }
  city: { paths: [traits.city], canonical: [user.city] }
  note: { paths: ['properties.products[].note'], canonical: [properties.line_items.note] }
destinations: { strict: [city] }`,
  'pii.yaml',
)

function leaks(mapping: string, definition = 'meta-conversions'): readonly string[] {
  const file = parseDestinationFile(
    `definition: ${definition}
subscriptions: [{ name: All, trigger: type = "track", action: send, mapping: ${mapping} }]`,
    'meta.yaml',
  )
  return leaksOf(new Map([['meta', file]]), policy).meta ?? []
}

test.each<[name: string, mapping: string, reached: string[]]>([
  ['nothing', '{ a: { "@path": $.tracklayer_event } }', []],
  ['the field itself', '{ a: { "@path": $.user.email } }', ['email']],
  ['deep in lists and objects', '{ a: [{ b: { "@path": $.user.email } }] }', ['email']],
  ['what holds the field', '{ a: { "@path": $.user } }', ['city', 'email']],
  ['everything', '{ a: { "@path": $. } }', ['city', 'email', 'note']],
  ['in brackets', `{ a: { "@path": "$['user']['email']" } }`, ['email']],
  ['a part of the name only', '{ a: { "@path": $.user.email_hash } }', []],
  [
    'a choice',
    '{ a: { "@if": { exists: { "@path": $.user.city }, then: x, else: { "@path": $.user.email } } } }',
    ['city', 'email'],
  ],
  ['a template', '{ a: { "@template": "to {{user.email}}" } }', ['email']],
  ['liquid', '{ a: { "@liquid": "{{ user.city | upcase }}" } }', ['city']],
  ['a literal is text', '{ a: { "@literal": { "@path": $.user.email } } }', []],
  [
    'items, one key',
    '{ a: { "@arrayPath": [$.properties.line_items, { id: { "@path": $.item_id } }] } }',
    [],
  ],
  [
    'items, the note',
    '{ a: { "@arrayPath": [$.properties.line_items, { id: { "@path": $.note } }] } }',
    ['note'],
  ],
  ['items whole', '{ a: { "@arrayPath": [$.properties.line_items] } }', ['note']],
])('a mapping that sends %s', (_, mapping, reached) => {
  expect(leaks(mapping)).toEqual(reached)
})

test('a definition without a mapping sends the whole event', () => {
  expect(leaks('{}', 'webhook')).toEqual(['city', 'email', 'note'])
})

test('what is new, what is not allowed, what is gone', () => {
  const now = { meta: ['city', 'email'], strict: ['city', 'email'], new: ['city'] }
  const locked = { meta: ['city', 'note'], strict: ['city', 'email'] }
  expect(newLeaks(now, locked, policy)).toEqual([
    { destination: 'meta', field: 'email', why: 'not in the lock file' },
    { destination: 'strict', field: 'email', why: 'not on the allowlist' },
    { destination: 'new', field: 'city', why: 'not in the lock file' },
  ])
  expect(goneLeaks(now, locked)).toEqual([{ destination: 'meta', field: 'note' }])
})
