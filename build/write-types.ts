// What generate-types.mjs bundles and runs: writes the generated types of the Action Destination into its source folder.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import definition from '../destinations/tracklayer/index.ts'
import { definitionTypes } from './definition-types.ts'

/** @param folder of the definition, absolute */
export function writeTypes(folder: string): void {
  for (const [file, text] of Object.entries(definitionTypes(definition)))
    writeFileSync(path.join(folder, file), text)
}
