// From a file to a function that has proved it loads.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { FunctionHandle } from '../workspace-options.ts'
import {
  createFunctionInstance,
  type FunctionInstance,
  type FunctionInstanceOptions,
} from './function-instance.ts'

export interface OpenFunction {
  readonly instance: FunctionInstance
  readonly handle: FunctionHandle
  /** As of the code now deployed. */
  defines(handler: string): boolean
}

export type OpenFunctionOptions = Omit<FunctionInstanceOptions, 'code' | 'fileName'> & {
  readonly file: string
}

// The editor refuses to save such code: "Functions are unable to send data or events back to their originating source".
export const FORBIDDEN_HOST = 'https://fn.segmentapis.com'

/** Throws when the file cannot be read, or when the host would not load it (a `const onTrack`, say). */
export async function openFunction(options: OpenFunctionOptions): Promise<OpenFunction> {
  const { file, name } = options
  async function read() {
    const code = await readFile(file, 'utf8')
    if (!code.includes(FORBIDDEN_HOST)) return code
    throw new Error(`Cannot load function "${name}": its code must not contain ${FORBIDDEN_HOST}`)
  }

  const instance = createFunctionInstance({
    ...options,
    code: await read(),
    fileName: path.basename(file),
    packagesFrom: path.dirname(path.resolve(file)),
  })
  let handlers: readonly string[] = []

  async function load() {
    const outcome = await instance.load()
    if (outcome.kind === 'loaded') {
      handlers = outcome.handlers
      return
    }
    const { name: errorName, message } = outcome.error
    throw new Error(`Cannot load function "${name}": ${errorName}: ${message}`)
  }

  try {
    await load()
  } catch (error) {
    await instance.close()
    throw error
  }
  return {
    instance,
    defines: (handler) => handlers.includes(handler),
    handle: {
      name,
      get handlers() {
        return handlers
      },
      get containerCount() {
        return instance.containerCount
      },
      coldStart: () => instance.coldStart(),
      async deploy() {
        await instance.coldStart(await read())
        await load()
      },
    },
  }
}
