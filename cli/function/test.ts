import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { TrackLayerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { FunctionRun, FunctionRunResult } from '../../workspace/function-run/function-run.ts'
import { judge, parseRecordedCase } from '../../workspace/function-run/recorded-case.ts'
import type { FunctionKind } from '../../workspace/realm/realm-protocol.ts'
import { EXIT } from '../exit-codes.ts'
import { paint, print, printJson } from '../output.ts'
import { openRun, type RuntimeFlags, readJson, runWatching } from './open-run.ts'
import { jsonResult, tellOutcome, tellRequest } from './show.ts'

export interface TestFlags extends RuntimeFlags {
  readonly payloads: string
}

interface Tested {
  readonly name: string
  /** What is not as expected; empty when all is. */
  readonly faults: readonly string[]
  readonly result: FunctionRunResult
}

export function testFile(file: string, flags: TestFlags): Promise<void> {
  const watched = [file, flags.payloads, flags.settings]
  return runWatching(flags.watch, watched, () => testOnce(file, flags))
}

async function testOnce(file: string, flags: TestFlags): Promise<void> {
  const names = await payloadNames(flags.payloads)
  const opened = await openRun(file, flags, 'reset')
  if (!opened) return
  const { run, kind, settings } = opened
  try {
    const all: Tested[] = []
    for (const name of names) {
      const tested = await testOne({ name, folder: flags.payloads, run, kind, settings })
      all.push(tested)
      if (!flags.json) for (const line of tellTested(tested)) print(line)
    }
    report(all, flags)
  } finally {
    await run.close()
  }
}

async function payloadNames(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  if (names.length > 0) return names
  throw new TrackLayerError('MESSAGE_INVALID', `${folder} holds no *.json file`)
}

interface OneCase {
  readonly name: string
  readonly folder: string
  readonly run: FunctionRun
  readonly kind: FunctionKind
  readonly settings: JsonObject
}

async function testOne({ name, folder, run, kind, settings }: OneCase): Promise<Tested> {
  const recorded = parseRecordedCase(await readJson(path.join(folder, name)), kind)
  const { input, answers, expect } = recorded
  const result = await run.run({
    input,
    answers,
    settings: { ...settings, ...recorded.settings },
  })
  return { name, faults: judge(result, expect), result }
}

function* tellTested({ name, faults, result }: Tested): Generator<string> {
  const mark = faults.length === 0 ? paint.green('pass') : paint.red('FAIL')
  yield `${mark}  ${name}  ${result.handler ?? 'no handler'}  ${result.durationMs} ms`
  for (const request of result.requests) yield `        ${tellRequest(request)}`
  for (const outcome of result.outcomes) yield `        ${tellOutcome(outcome)}`
  for (const warning of result.warnings) yield `        ${paint.yellow(`warning   ${warning}`)}`
  for (const fault of faults) yield `      ${paint.red('✗')} ${fault}`
}

function report(all: readonly Tested[], { json }: TestFlags) {
  const failed = all.filter(({ faults }) => faults.length > 0).length
  process.exitCode = failed === 0 ? EXIT.done : EXIT.found
  if (json) {
    const cases = all.map(({ name, faults, result }) => ({ name, faults, ...jsonResult(result) }))
    return printJson({ passed: all.length - failed, failed, cases })
  }
  print(`${all.length - failed} as expected, ${failed} not`)
}
