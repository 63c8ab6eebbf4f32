// Each file of fixtures/invalid has one fault; its first line says what the error must say, and at which line.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { TrackLayerError } from '../../core/errors.ts'
import { parseMappingSource } from '../../core/mapping-schema.ts'

const folder = path.join(__dirname, 'fixtures')
const cases = (kind: string) =>
  readdirSync(path.join(folder, kind)).map((file) => ({
    file,
    text: readFileSync(path.join(folder, kind, file), 'utf8'),
  }))

describe('parseMappingSource() on a file with a fault', () => {
  test.each(cases('invalid'))('$file', ({ file, text }) => {
    const [, place = '', want = ''] = /^# want \((.*?)\): (.*)$/m.exec(text) ?? []
    expect(want).not.toBe('')
    const at = place.replace('the file', '').replace('line ', ':')
    expect(faultOf(text, file)).toEqual({
      code: 'MAPPING_INVALID',
      message: `${file} has 1 fault:\n  ${file}${at} ${want}`,
    })
  })

  // Not a file of its own: Biome, which formats YAML too, cannot read it either.
  test('with tabs', () => {
    expect(faultOf("version: '1'\nevents:\n\t- event: A\n", 'tabs.yaml').message).toBe(
      'tabs.yaml has 1 fault:\n  tabs.yaml:3 Tabs are not allowed as indentation',
    )
  })

  test('lists every fault, not only the first', () => {
    const text = "version: 1\nevents:\n  - event: ''\n    canonical: A B\n    downstream: A\n"
    expect(faultOf(text, 'events.yaml').message.split('\n')).toEqual([
      'events.yaml has 3 faults:',
      expect.stringContaining('events.yaml:1 version'),
      expect.stringContaining('events.yaml:3 row 1 "", event'),
      expect.stringContaining('events.yaml:4 row 1 "", canonical'),
    ])
  })

  test('does not follow aliases that multiply without end', () => {
    const levels = 'abcdefg'.split('')
    const bomb = levels.map((name, at) => {
      const inner = at === 0 ? 'x' : `*${levels[at - 1]}`
      return `${name}: &${name} [${new Array(9).fill(inner).join(', ')}]`
    })
    const { code, message } = faultOf(bomb.join('\n'), 'events.yaml')
    expect(code).toBe('MAPPING_INVALID')
    expect(message).toContain('write out what the aliases repeat')
  })
})

describe('parseMappingSource() on a file without fault', () => {
  test.each(cases('valid'))('$file', ({ file, text }) => {
    const source = parseMappingSource(text, file)
    expect(source.events.length).toBeGreaterThan(0)
  })

  test('fills in the defaults', () => {
    const text = readFileSync(path.join(folder, 'valid', 'least.yaml'), 'utf8')
    expect(parseMappingSource(text, 'least.yaml')).toEqual({
      version: '1',
      transforms: {},
      events: [
        {
          event: 'Order Completed',
          canonical: 'purchase',
          downstream: 'Purchase',
          conversion: false,
          transforms: [],
          properties: {},
          dedup: [],
        },
      ],
    })
  })
})

function faultOf(text: string, file: string): { code: string; message: string } {
  try {
    parseMappingSource(text, file)
  } catch (error) {
    if (!(error instanceof TrackLayerError)) throw error
    return { code: error.code, message: error.message }
  }
  throw new Error('the file was accepted')
}
