import { parseInput } from '../../workspace/function-run/recorded-case.ts'
import { EXIT } from '../exit-codes.ts'
import { print, printJson } from '../output.ts'
import { openRun, type RuntimeFlags, readJson, runWatching } from './open-run.ts'
import { isAllOk, jsonResult, tellResult } from './show.ts'

export interface RunFlags extends RuntimeFlags {
  readonly event: string
  readonly offline?: boolean
}

export function runFile(file: string, flags: RunFlags): Promise<void> {
  return runWatching(flags.watch, [file, flags.event, flags.settings], () => runOnce(file, flags))
}

async function runOnce(file: string, flags: RunFlags): Promise<void> {
  const opened = await openRun(file, flags, flags.offline ? 'reset' : 'live')
  if (!opened) return
  const { run, kind, settings } = opened
  try {
    const result = await run.run({ input: parseInput(await readJson(flags.event), kind), settings })
    if (flags.json) printJson(jsonResult(result))
    else for (const line of tellResult(result)) print(line)
    process.exitCode = isAllOk(result) ? EXIT.done : EXIT.found
  } finally {
    await run.close()
  }
}
