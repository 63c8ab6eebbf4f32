import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import definition from '../../../destinations/warehouse/index.ts'
import { HEADER, interfaceOf } from '../google-data-manager/type-generator.ts'

const folder = path.join(__dirname, '../../../destinations/warehouse')

test.each([
  ['generated-types.ts', interfaceOf('Settings', definition.authentication?.fields ?? {})],
  [
    'write-event/generated-types.ts',
    interfaceOf('Payload', definition.actions.writeEvent?.fields ?? {}),
  ],
])('%s is what the fields say', (file, wanted) => {
  if (process.env.WRITE_TYPES) writeFileSync(path.join(folder, file), HEADER + wanted)
  expect(readFileSync(path.join(folder, file), 'utf8')).toBe(HEADER + wanted)
})
