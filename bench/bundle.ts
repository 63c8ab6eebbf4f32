// What a cold start costs: bytes to load and time to evaluate, in a realm that has seen nothing yet.
import vm from 'node:vm'
import { createRealm, type FunctionName, readFunction } from './built.ts'
import { spreadOf } from './measure.ts'
import { exactly, type PartOptions, type PartResult, type Row } from './result.ts'

const MARK_KB = 24
const MARK_MS = 2
const REALMS = 60

export async function benchBundle({ progress }: PartOptions): Promise<PartResult> {
  progress('bundle: size and evaluation')
  return {
    name: 'bundle',
    title: 'Function bundles: size and cold evaluation',
    rows: [...rowsOf('destination', true), ...rowsOf('source', false)],
    notes: [
      `evaluation: compile and run in a fresh vm context, without cached code, ${REALMS} contexts`,
    ],
  }
}

function rowsOf(name: FunctionName, isMarked: boolean): Row[] {
  const source = readFunction(name)
  const bytes = Buffer.byteLength(source)
  const kilobytes = bytes / 1024
  const evaluation = spreadOf(Array.from({ length: REALMS }, (_, nth) => evaluate(source, nth)))
  const size = { what: `${name}.js, minified`, value: exactly(bytes), unit: 'bytes' }
  const time = { what: `${name}.js, cold evaluation`, value: evaluation, unit: 'ms' }
  if (!isMarked) return [size, time]
  return [
    { ...size, mark: { want: `≤ ${MARK_KB} KB`, isMet: kilobytes <= MARK_KB } },
    { ...time, mark: { want: `≤ ${MARK_MS} ms`, isMet: evaluation.median <= MARK_MS } },
  ]
}

// V8 keeps what it compiled by its text, across contexts: only a text of its own is compiled anew.
function evaluate(source: string, nth: number): number {
  const context = createRealm()
  const unseen = `${source}\n// ${nth}`
  const started = performance.now()
  new vm.Script(unseen, { filename: `function-${nth}.js` }).runInContext(context)
  return performance.now() - started
}
