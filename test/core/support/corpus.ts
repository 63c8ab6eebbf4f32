// Payloads and vectors that this project did not write: `../shared/corpus`, or where TRACKLAYER_CORPUS points. The
// suites that read them are skipped where they are absent.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const folder =
  process.env.TRACKLAYER_CORPUS ?? path.join(__dirname, '..', '..', '..', '..', 'shared', 'corpus')

const present = existsSync(path.join(folder, 'messages.ndjson'))

export const describeCorpus = present ? describe : describe.skip // the corpus is not beside this checkout

/** The suite's title, with the reason when it is skipped. */
export function corpusTitle(title: string): string {
  return present ? title : `${title} (skipped: no corpus at ${folder})`
}

export function corpusRows<Row>(file: string): Row[] {
  if (!present) return []
  return readFileSync(path.join(folder, file), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
