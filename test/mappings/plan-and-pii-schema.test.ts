// Each file of fixtures-plan/invalid and fixtures-pii/invalid has one fault; its first line says what the error must
// say, and at which line.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { TrackLayerError } from '../../core/errors.ts'
import { parsePiiPolicy } from '../../core/pii/schema.ts'
import { parseTrackingPlan } from '../../core/tracking-plan/schema.ts'

describe.each([
  ['fixtures-plan', parseTrackingPlan],
  ['fixtures-pii', parsePiiPolicy],
] as const)('%s', (folder, parse) => {
  const place = path.join(__dirname, folder, 'invalid')

  test.each(readdirSync(place))('%s', (file) => {
    const text = readFileSync(path.join(place, file), 'utf8')
    const [, at = '', want = ''] = /^# want \((.*?)\): (.*)$/m.exec(text) ?? []
    expect(want).not.toBe('')
    expect(faultOf(parse, text, file)).toBe(
      `MAPPING_INVALID ${file} has 1 fault:\n  ${file}${at.replace('the file', '').replace('line ', ':')} ${want}`,
    )
  })
})

function faultOf(
  parse: (text: string, file: string) => unknown,
  text: string,
  file: string,
): string {
  try {
    parse(text, file)
  } catch (error) {
    if (error instanceof TrackLayerError) return `${error.code} ${error.message}`
    throw error
  }
  return 'no fault'
}
