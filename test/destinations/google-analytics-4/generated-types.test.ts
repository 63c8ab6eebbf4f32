import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import definition from '../../../destinations/google-analytics-4/index.ts'
import { HEADER, interfaceOf } from '../google-data-manager/type-generator.ts'

test('generated-types.ts is what the fields say', () => {
  const file = path.join(__dirname, '../../../destinations/google-analytics-4/generated-types.ts')
  const payloads = Object.entries(definition.actions).map(([slug, { fields }]) =>
    interfaceOf(`${slug[0]?.toUpperCase()}${slug.slice(1)}Payload`, fields),
  )
  const settings = interfaceOf('Settings', definition.authentication?.fields ?? {})
  const wanted = [HEADER, settings, ...payloads].join('')
  if (process.env.WRITE_TYPES) writeFileSync(file, wanted)
  expect(readFileSync(file, 'utf8')).toBe(wanted)
})
