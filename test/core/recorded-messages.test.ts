// Messages as Segment hands them over, each with the entry that design 3.1 to 3.4 asks for: every event of the table
// and every odd shape. The file's name is the case; `about` says why the entry is what it is.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { canonicalise } from '../../core/canonicalise.ts'
import type { JsonObject } from '../../core/json.ts'
import { table } from './support/table.ts'

interface Recorded {
  readonly about: string
  readonly message: JsonObject
  readonly entry: {
    readonly kind: string
    readonly canonical: JsonObject | null
    readonly warnings: readonly string[]
  }
}

const folder = path.join(__dirname, '..', 'fixtures', 'messages')
const cases = readdirSync(folder).map((file) => ({
  name: path.basename(file, '.json'),
  text: readFileSync(path.join(folder, file), 'utf8'),
}))
const parsed = cases.map(({ text }): Recorded => JSON.parse(text))

test.each(cases)('$name', ({ text }) => {
  const { about, message, entry }: Recorded = JSON.parse(text)
  expect(about).toMatch(/^\S.*\.$/)
  const got = canonicalise(message, table)
  expect(JSON.parse(JSON.stringify(got))).toEqual({
    ...entry,
    message: JSON.parse(text).message,
    canonical: entry.canonical && { ...entry.canonical, mapping_version: table.version },
  })
})

test('every event of the table is recorded, with a canonical event', () => {
  const recorded = new Set(
    parsed.filter(({ entry }) => entry.canonical).map(({ message }) => message.event),
  )
  expect([...table.rows.keys()].filter((event) => !recorded.has(event))).toEqual([])
})

test('every kind is recorded', () => {
  expect(new Set(parsed.map(({ entry }) => entry.kind))).toEqual(
    new Set(['event', 'profile', 'audience', 'group', 'alias', 'delete', 'unmapped']),
  )
})

test('the largest comes close to Segment’s 32 KB', () => {
  const largest = Math.max(
    ...parsed.map(({ message }) => Buffer.byteLength(JSON.stringify(message))),
  )
  expect(largest).toBeGreaterThan(31 * 1024)
  expect(largest).toBeLessThanOrEqual(32 * 1024)
})
