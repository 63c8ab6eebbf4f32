// Functions of the shapes that people write, against recorded answers: each folder of test/fixtures/functions is one,
// with its cases, and is run as `tracklayer function test` runs it.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { realClock } from '../../cli/clock.ts'
import { openFunctionRun } from '../../workspace/function-run/function-run.ts'
import { kindOfCode } from '../../workspace/function-run/infer-kind.ts'
import { judge, parseRecordedCase } from '../../workspace/function-run/recorded-case.ts'
import { lintFunction } from '../../workspace/lint/lint-function.ts'
import type { FunctionKind } from '../../workspace/realm/realm-protocol.ts'
import { REALM_WORKER_FILE } from './start-workspace.ts'

const FOLDER = path.join(__dirname, '..', 'fixtures', 'functions')

function kindOf(name: string, code: string): FunctionKind {
  if (name.startsWith('source-insert')) return 'sourceInsert'
  return name.startsWith('insert') ? 'insert' : kindOfCode(code)
}

const examples = readdirSync(FOLDER).map((name) => {
  const file = path.join(FOLDER, name, 'function.js')
  const code = readFileSync(file, 'utf8')
  const cases = readdirSync(path.join(FOLDER, name, 'cases'))
  return { name, file, code, kind: kindOf(name, code), cases }
})

test('there are a dozen examples of all four kinds', () => {
  expect(examples.length).toBeGreaterThanOrEqual(12)
  expect(new Set(examples.map(({ kind }) => kind)).size).toBe(4)
})

test.each(examples)('$name does what its cases say', async ({ name, file, kind, cases }) => {
  const run = await openFunctionRun({
    ...{ kind, file, clock: realClock, otherwise: 'reset' },
    realmWorkerFile: REALM_WORKER_FILE,
  })
  try {
    const faults: Record<string, string[]> = {}
    for (const each of cases) {
      const text = readFileSync(path.join(FOLDER, name, 'cases', each), 'utf8')
      const { expect: wanted, ...input } = parseRecordedCase(JSON.parse(text), kind)
      faults[each] = judge(await run.run(input), wanted)
    }
    expect(faults).toEqual(Object.fromEntries(cases.map((each) => [each, []])))
  } finally {
    await run.close()
  }
})

test.each(examples)('$name has no lint error but the one it shows', ({ name, code, kind }) => {
  const errors = lintFunction(code, { kind }).filter(({ level }) => level === 'error')
  // The payment provider's client, kept across calls: written so on purpose.
  const wanted = name === 'payments' ? ['captured-settings'] : []
  expect(errors.map(({ rule }) => rule)).toEqual(wanted)
})
