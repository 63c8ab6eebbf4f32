import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import definition from '../../../destinations/google-data-manager/index.ts'
import { HEADER, interfaceOf } from './type-generator.ts'

const folder = path.join(__dirname, '../../../destinations/google-data-manager')

test.each([
  ['generated-types.ts', HEADER + interfaceOf('Settings', definition.authentication?.fields ?? {})],
  ...Object.entries({
    'upload-conversion': 'uploadConversion',
    'restate-conversion': 'restateConversion',
  }).map(([place, slug]) => [
    `${place}/generated-types.ts`,
    HEADER + interfaceOf('Payload', definition.actions[slug]?.fields ?? {}),
  ]),
])('%s is what the fields say', (file, wanted) => {
  if (process.env.WRITE_TYPES) writeFileSync(path.join(folder, file as string), wanted as string)
  expect(readFileSync(path.join(folder, file as string), 'utf8')).toBe(wanted)
})
