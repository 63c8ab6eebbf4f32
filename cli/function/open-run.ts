// What `run` and `test` share: flags read, the function opened, and again whenever a file changes.
import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { type FunctionRun, openFunctionRun } from '../../workspace/function-run/function-run.ts'
import { kindNamed, kindOfCode } from '../../workspace/function-run/infer-kind.ts'
import { changedSwitches, type HostSwitches } from '../../workspace/host-switches.ts'
import type { FunctionKind } from '../../workspace/realm/realm-protocol.ts'
import type { SettingDefinition } from '../../workspace/runtime/settings-check.ts'
import { realClock } from '../clock.ts'
import { EXIT } from '../exit-codes.ts'
import { logLine, print, printError, printJson } from '../output.ts'
import { DIST } from '../paths.ts'
import { resolveHostNode } from './host-node.ts'

export interface RuntimeFlags {
  readonly kind?: string
  readonly settings?: string
  readonly settingsSchema?: string
  readonly node?: string
  readonly timeout?: number
  readonly switch?: readonly string[]
  readonly tester?: boolean
  readonly watch?: boolean
  readonly json?: boolean
}

export interface OpenedRun {
  readonly kind: FunctionKind
  readonly run: FunctionRun
  readonly settings: JsonObject
}

/** Null, with the reason printed and the exit code set, when the function does not load. */
export async function openRun(
  file: string,
  flags: RuntimeFlags,
  otherwise: 'live' | 'reset',
): Promise<OpenedRun | null> {
  const settings = flags.settings === undefined ? {} : await readJson(flags.settings)
  if (!isJsonObject(settings)) {
    throw new TrackLayerError('SETTINGS_INVALID', `${flags.settings} holds no JSON object`)
  }
  const kind = await kindOf(file, flags.kind)
  const nodeFile = await resolveHostNode(flags.node, logLine)
  const definitions = await readDefinitions(flags.settingsSchema)
  const switches = readSwitches(flags.switch)
  try {
    const run = await openFunctionRun({
      ...{ kind, file, otherwise, switches, clock: realClock, tester: flags.tester ?? false },
      realmWorkerFile: path.join(DIST, 'workspace', 'realm-worker.js'),
      ...(definitions === undefined ? {} : { settingDefinitions: definitions }),
      ...(nodeFile === undefined ? {} : { nodeFile }),
      ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
    })
    return { kind, run, settings }
  } catch (error) {
    process.exitCode = EXIT.usage
    const message = messageOf(error)
    if (flags.json) printJson({ error: message })
    else printError(message)
    return null
  }
}

export async function kindOf(file: string, stated: string | undefined): Promise<FunctionKind> {
  const kind = stated === undefined ? undefined : kindNamed(stated)
  return kind ?? kindOfCode(await readText(file))
}

async function readDefinitions(file: string | undefined) {
  if (file === undefined) return undefined
  const value = await readJson(file)
  if (Array.isArray(value)) return value as readonly SettingDefinition[]
  throw new TrackLayerError('SETTINGS_INVALID', `${file} holds no list of settings`)
}

function readSwitches(pairs: readonly string[] = []): Partial<HostSwitches> {
  try {
    return changedSwitches(pairs)
  } catch (error) {
    throw new TrackLayerError('SETTINGS_INVALID', messageOf(error), { cause: error })
  }
}

export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new TrackLayerError('MESSAGE_INVALID', `Cannot read ${file}: ${messageOf(error)}`)
  }
}

export async function readJson(file: string): Promise<unknown> {
  const text = await readText(file)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TrackLayerError('MESSAGE_INVALID', `${file} is no JSON: ${messageOf(error)}`)
  }
}

/** Runs once; with `watch` again after each change of one of the paths, until it is interrupted. */
export async function runWatching(
  isWatching: boolean | undefined,
  paths: readonly (string | undefined)[],
  run: () => Promise<void>,
): Promise<void> {
  if (!isWatching) return run()
  let isRunning = false
  let isAsked = true
  const go = async () => {
    if (isRunning) return
    isRunning = true
    while (isAsked) {
      isAsked = false
      await run().catch((error: unknown) => printError(messageOf(error)))
    }
    isRunning = false
  }
  for (const each of paths) {
    if (each === undefined) continue
    // Editors write twice, or put a new file in the old one's place: what comes during a run is one more run.
    watch(each, () => {
      isAsked = true
      void go()
    })
  }
  await go()
  print('watching; Ctrl-C ends it')
}
