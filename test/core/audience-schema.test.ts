import { readFileSync } from 'node:fs'
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import { audienceName } from '../../core/audience-table.ts'

const inbound = (over: object) => ({ computationId: null, key: null, name: null, ...over })

describe('mappings/audiences.yaml', () => {
  test('the file as shipped is read', () => {
    const table = parseAudiencesFile(readFileSync('mappings/audiences.yaml', 'utf8'), 'a.yaml')
    expect(table.ruleOf(inbound({ key: 'vip' }))).toMatchObject({
      id: 'vip',
      mode: 'full_state',
      retentionDays: null,
      minimumSize: 0,
      consent: null,
    })
  })

  test('a computation id comes before a key, a key before a name; what is not listed has no rule', () => {
    const table = parseAudiencesFile(
      'audiences: { a: { computation_ids: [aud_1] }, b: { keys: [k] }, c: { names: [N] } }',
      'a.yaml',
    )
    const idOf = (over: object) => table.ruleOf(inbound(over))?.id
    expect(idOf({ computationId: 'aud_1', key: 'k', name: 'N' })).toBe('a')
    expect(idOf({ computationId: 'aud_2', key: 'k', name: 'N' })).toBe('b')
    expect(idOf({ key: 'x', name: 'N' })).toBe('c')
    expect(idOf({ key: 'constructor' })).toBeUndefined()
    expect(audienceName(null, 'x', 'aud_9')).toBe('x')
  })

  test.each([
    { text: 'audiences: { vip: {} }', fault: /vip: nothing says which audience is meant/ },
    {
      text: 'audiences: { a: { keys: [k] }, b: { keys: [k] } }',
      fault: /b\.keys\.0: "k" is a's already; keep one/,
    },
    {
      text: 'audiences: { a: { keys: [k], retention: 5 } }',
      fault: /"retention" is not a key here/,
    },
    {
      text: 'audiences: { a: { keys: [k], mode: both } }',
      fault: /want full_state or append_only/,
    },
    { text: 'audiences: { A: { keys: [k] } }', fault: /audiences\.A/ },
  ])('$text is refused', ({ text, fault }) => {
    expect(() => parseAudiencesFile(text, 'a.yaml')).toThrow(fault)
  })
})
