// What a container runs in: a worker thread of this process, or a process of another Node. Either can be stopped inside
// `while (true) {}`, sees neither our environment nor our flags, and has a limited heap.
import { fork } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import type { InvokeMessage, RealmMessage, RealmOptions } from '../realm/realm-protocol.ts'

export interface CarrierOptions {
  readonly realmWorkerFile: string
  readonly realm: RealmOptions
  readonly memoryMb: number
  /** The Node binary to start a process with; a thread of this Node when there is none. */
  readonly nodeFile?: string
  readonly onMessage: (message: RealmMessage) => void
  readonly onError: (error: unknown) => void
  readonly onExit: () => void
}

export interface Carrier {
  send(message: InvokeMessage): void
  terminate(): Promise<unknown>
}

const FLAGS = ['--no-deprecation']

export function startCarrier(options: CarrierOptions): Carrier {
  const { nodeFile } = options
  return nodeFile === undefined ? startThread(options) : startProcess(options, nodeFile)
}

function startThread(options: CarrierOptions): Carrier {
  const worker = new Worker(options.realmWorkerFile, {
    workerData: options.realm,
    env: {},
    execArgv: FLAGS,
    resourceLimits: { maxOldGenerationSizeMb: options.memoryMb },
  })
  worker.on('message', options.onMessage)
  worker.on('messageerror', options.onError)
  worker.on('error', options.onError)
  worker.on('exit', options.onExit)
  return {
    send: (message) => worker.postMessage(message),
    terminate: () => worker.terminate(),
  }
}

function startProcess(options: CarrierOptions, nodeFile: string): Carrier {
  const child = fork(options.realmWorkerFile, [], {
    execPath: nodeFile,
    execArgv: [...FLAGS, `--max-old-space-size=${options.memoryMb}`],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.on('message', (message) => {
    const heard = message as RealmMessage
    if (heard.kind === 'crashed') options.onError(heard.error)
    else options.onMessage(heard)
  })
  child.on('error', options.onError)
  child.once('exit', () => {
    process.off('exit', kill)
    options.onExit()
  })
  child.send(options.realm)
  return {
    // A child that has just died is reported by its exit; what was sent to it meanwhile is nobody's.
    send: (message) => void child.send(message, () => {}),
    terminate() {
      kill()
      return exited
    },
  }
}
