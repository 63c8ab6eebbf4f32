// What is refused when a mapping is compiled: every fault at once, with its place and the way out.
// biome-ignore-all lint/suspicious/noThenProperty: the directive's own word
import { z } from 'zod'
import { compileMapping, validateMapping } from '../../../core/mapping-kit/compile-mapping.ts'
import { parseYamlFile } from '../../../core/yaml-file.ts'
import { theirs } from './oracle.ts'

const faults: readonly { name: string; value: unknown; at: string; says: string }[] = [
  {
    name: 'two directives',
    value: { '@path': '$.a', '@literal': 1 },
    at: '@literal',
    says: 'stands beside "@path"',
  },
  {
    name: 'a key beside a directive',
    value: { '@path': '$.a', b: 1 },
    at: 'b',
    says: 'move one of them out',
  },
  { name: 'an unknown directive', value: { '@pth': '$.a' }, at: '@pth', says: 'want one of @path' },
  {
    name: 'a name that objects inherit',
    value: { '@constructor': 1 },
    at: '@constructor',
    says: 'is no directive',
  },
  {
    name: '@path of a number',
    value: { '@path': 5 },
    at: '@path',
    says: 'want text or a directive',
  },
  { name: '@path of an object', value: { '@path': { a: 1 } }, at: '@path', says: 'got an object' },
  { name: '@template of a list', value: { '@template': [] }, at: '@template', says: 'got a list' },
  { name: '@if of text', value: { '@if': '$.a' }, at: '@if', says: 'want an object of operands' },
  {
    name: '@if of a directive',
    value: { '@if': { '@path': '$.a' } },
    at: '@if.@path',
    says: 'belongs inside',
  },
  {
    name: '@if without a condition',
    value: { '@if': { then: 1 } },
    at: '@if.exists',
    says: 'want "exists" or "blank"',
  },
  {
    name: '@if with a false condition',
    value: { '@if': { exists: '', then: 1 } },
    at: '@if.exists',
    says: 'want "exists"',
  },
  {
    name: '@case of another operator',
    value: { '@case': { operator: 'title', value: 'x' } },
    at: '@case.operator',
    says: '"lower" or "upper"',
  },
  {
    name: '@case without operator',
    value: { '@case': { value: 'x' } },
    at: '@case.operator',
    says: '"lower" or "upper"',
  },
  {
    name: '@replace without pattern',
    value: { '@replace': { value: 'x' } },
    at: '@replace.pattern',
    says: '1 to 10 characters',
  },
  {
    name: '@replace with a long pattern',
    value: { '@replace': { pattern: 'abcdefghijk', value: 'x' } },
    at: '@replace.pattern',
    says: 'at most 10',
  },
  {
    name: '@replace with a long second pattern',
    value: { '@replace': { pattern: 'x', pattern2: 'abcdefghijk', value: 'x' } },
    at: '@replace.pattern2',
    says: 'at most 10',
  },
  {
    name: '@replace without value',
    value: { '@replace': { pattern: 'a' } },
    at: '@replace.value',
    says: 'got nothing',
  },
  {
    name: '@replace with a flag as text',
    value: { '@replace': { pattern: 'a', value: 'x', global: 'no' } },
    at: '@replace.global',
    says: 'true or false',
  },
  {
    name: '@arrayPath of text',
    value: { '@arrayPath': '$.a' },
    at: '@arrayPath',
    says: 'want [path, shape of an item]',
  },
  {
    name: '@arrayPath without path',
    value: { '@arrayPath': [] },
    at: '@arrayPath.0',
    says: 'want text or a directive',
  },
  {
    name: 'a fault in a shape',
    value: { '@arrayPath': ['$.a', { b: { '@path': 1 } }] },
    at: '@arrayPath.1.b.@path',
    says: 'got a number',
  },
  {
    name: '@flatten without separator',
    value: { '@flatten': { value: { '@path': '$.a' } } },
    at: '@flatten.separator',
    says: 'between the names',
  },
  {
    name: '@flatten without value',
    value: { '@flatten': { separator: '.' } },
    at: '@flatten.value',
    says: 'object to flatten',
  },
  {
    name: '@json of another mode',
    value: { '@json': { mode: 'parse', value: 'x' } },
    at: '@json.mode',
    says: '"encode" or "decode"',
  },
  {
    name: '@json of nothing',
    value: { '@json': { mode: 'encode', value: '' } },
    at: '@json.value',
    says: 'encode or decode',
  },
  {
    name: '@merge without direction',
    value: { '@merge': { objects: [] } },
    at: '@merge.direction',
    says: '"left" or "right"',
  },
  {
    name: '@merge of no list',
    value: { '@merge': { direction: 'left', objects: {} } },
    at: '@merge.objects',
    says: 'list of objects',
  },
  {
    name: '@merge of text',
    value: { '@merge': { direction: 'left', objects: [{}, 'x'] } },
    at: '@merge.objects.1',
    says: 'got text',
  },
  {
    name: '@transform without mapping',
    value: { '@transform': { apply: {} } },
    at: '@transform.mapping',
    says: 'got nothing',
  },
  {
    name: '@transform without apply',
    value: { '@transform': { mapping: {} } },
    at: '@transform.apply',
    says: 'got nothing',
  },
  {
    name: '@liquid of a number',
    value: { '@liquid': 5 },
    at: '@liquid',
    says: 'want a Liquid template',
  },
]

describe('compileMapping() refuses', () => {
  test.each(faults)('$name', ({ value, at, says }) => {
    const mapping = { field: { deep: value } }
    const problems = validateMapping(mapping)
    expect(problems.map(({ path }) => path.join('.'))).toEqual([`field.deep.${at}`])
    expect(problems[0]?.message).toContain(says)
    expect(() => compileMapping(mapping as never)).toThrow(
      expect.objectContaining({
        code: 'MAPPING_INVALID',
        message: expect.stringContaining(`field.deep.${at}: ${problems[0]?.message}`),
      }),
    )
    // Nothing is refused here that the original would map.
    expect(theirs(mapping, { a: { b: 1 } })).toHaveProperty('threw')
  })

  test('all faults at once', () => {
    const mapping = {
      a: { '@path': 1 },
      b: [{ '@nope': 1 }],
      c: { '@if': {} },
      d: { '@path': '$.d' },
    }
    expect(() => compileMapping(mapping as never)).toThrow(
      /has 3 faults:\n {2}a\.@path: .*\n {2}b\.0\.@nope: .*\n {2}c\./,
    )
  })

  test('what is no mapping, and a root directive of another form', () => {
    for (const mapping of [null, [], 'x'])
      expect(validateMapping(mapping)).toEqual([
        { path: [], message: expect.stringContaining('want an object of fields') },
      ])
    for (const root of [
      null,
      'x',
      {},
      { '@transform': 'x' },
      { '@transform': { apply: {} }, b: 1 },
      [{ a: {} }],
    ])
      expect(validateMapping({ __segment_internal_directive: root })).toEqual([
        {
          path: ['__segment_internal_directive'],
          message: expect.stringContaining('want one directive'),
        },
      ])
  })

  test('a fault under a root directive where it is written', () => {
    const root = { '@transform': { apply: { a: { '@path': 1 } } } }
    const problems = validateMapping({ __segment_internal_directive: root, b: { '@path': 2 } })
    expect(problems.map(({ path }) => path.join('.'))).toEqual([
      '__segment_internal_directive.@transform.apply.a.@path',
      'b.@path',
    ])
  })

  test('a deep nest of directives once per directive, not once per level', () => {
    let value: unknown = { '@path': 5 }
    for (let depth = 0; depth < 60; depth++)
      value = {
        '@case': { operator: 'lower', value: { '@transform': { apply: {}, mapping: value } } },
      }
    expect(validateMapping({ value })).toHaveLength(1)
  })

  test('with the lines of a YAML file', () => {
    const text =
      'mapping:\n  email:\n    "@path": $.traits.email\n  value:\n    "@case":\n      operator: title\n      value: x\n'
    const file = parseYamlFile(text, 'meta.yaml', z.looseObject({ mapping: z.unknown() }), (path) =>
      path.join('.'),
    )
    const problems = validateMapping(file.data.mapping).map(({ path, message }) => ({
      path: ['mapping', ...path],
      message,
    }))
    expect(file.fault(problems).message).toContain(
      'meta.yaml:6 mapping.value.@case.operator: want "lower" or "upper"',
    )
  })
})
