// A function connected once, with its settings: a small pool of containers, grown on demand, kept warm in between.
import type { Clock } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import { type HostSwitches, hostSwitches } from '../host-switches.ts'
import type { FunctionKind, Invocation, LogLevel } from '../realm/realm-protocol.ts'
import { type CallOutcome, type Container, createContainer, type LoadOutcome } from './container.ts'

import { INVALID_SETTINGS, type SettingDefinition, settingsFault } from './settings-check.ts'

/** Facts 1.2. */
export const TIMEOUT_MS = 5000
export const LONGEST_TIMEOUT_MS = 60_000
/** The host's limit is not documented; enough for any library it offers, little enough to catch a leak. */
export const MEMORY_MB = 256

export interface FunctionInstanceOptions {
  readonly kind: FunctionKind
  readonly name: string
  /** The user's file as text, and the name that stack traces show. */
  readonly code: string
  readonly fileName: string
  readonly settings?: Readonly<JsonObject>
  /** Settings that the function declares; with them, values that do not fit are Invalid Settings. */
  readonly settingDefinitions?: readonly SettingDefinition[]
  readonly realmWorkerFile: string
  readonly clock: Clock
  /** Default 5000, the host's limit; a source insert function may have up to a minute. */
  readonly timeoutMs?: number
  /** Heap of a container in MiB; a function that needs more ends it. Default 256. */
  readonly memoryMb?: number
  /** Node binary to run containers with, each in a process of its own; else threads of this Node. */
  readonly nodeFile?: string
  /** Default 2. */
  readonly maxContainers?: number
  readonly switches?: Partial<HostSwitches>
  /** Folder from which packages are looked for after our own. */
  readonly packagesFrom?: string
  /** Origin of a network gate; see function-run/network-gate.ts. */
  readonly networkGate?: string
  /** As in the editor's tester; default false. */
  readonly tester?: boolean
  readonly onLog?: (level: LogLevel, text: string) => void
}

export interface FunctionInstance {
  /** Loads the code into a first container; says which handlers it defines, or why it cannot be loaded. */
  load(): Promise<LoadOutcome>
  /** Runs one invocation in a free container, waiting for one when all are busy. Never rejects. */
  invoke(invocation: Invocation): Promise<CallOutcome>
  readonly containerCount: number
  /** Drops the containers, and with them all module state; optionally puts new code in place. */
  coldStart(code?: string): Promise<void>
  /** Ends every container; invocations under way or waiting fail. */
  close(): Promise<void>
}

interface Waiting {
  readonly invocation: Invocation
  readonly resolve: (outcome: CallOutcome) => void
}

export function createFunctionInstance(options: FunctionInstanceOptions): FunctionInstance {
  assertTimeout(options)
  const settings = JSON.stringify(options.settings ?? {})
  const fault = settingsFault(options.settings ?? {}, options.settingDefinitions ?? [])
  const maxContainers = options.maxContainers ?? 2
  let code = options.code
  let pool: { container: Container; isTaken: boolean }[] = []
  let isClosed = false
  const waiting: Waiting[] = []
  // Every container not yet ended, those that coldStart dropped while they were busy included.
  const live = new Set<Container>()
  const ending = new Set<Promise<void>>()

  function grow() {
    const container = createContainer({
      realmWorkerFile: options.realmWorkerFile,
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      memoryMb: options.memoryMb ?? MEMORY_MB,
      ...(options.nodeFile === undefined ? {} : { nodeFile: options.nodeFile }),
      onLog: options.onLog ?? (() => {}),
      realm: {
        kind: options.kind,
        code,
        fileName: options.fileName,
        switches: hostSwitches(options.switches),
        tester: options.tester ?? false,
        ...(options.packagesFrom === undefined ? {} : { packagesFrom: options.packagesFrom }),
        ...(options.networkGate === undefined ? {} : { networkGate: options.networkGate }),
      },
    })
    const member = { container, isTaken: false }
    pool.push(member)
    live.add(container)
    return member
  }

  function pump() {
    while (waiting.length > 0 && !isClosed) {
      dropEnded()
      const free = pool.find(({ isTaken }) => !isTaken)
      if (!free && pool.length >= maxContainers) return
      const next = waiting.shift() as Waiting
      void run(free ?? grow(), next)
    }
  }

  function dropEnded() {
    for (const { container } of pool) if (container.hasEnded) end(container)
    pool = pool.filter(({ container }) => !container.hasEnded)
  }

  async function run(member: (typeof pool)[number], { invocation, resolve }: Waiting) {
    member.isTaken = true
    resolve(await call(member.container, invocation))
    member.isTaken = false
    if (!pool.includes(member)) end(member.container)
    pump()
  }

  async function call(container: Container, invocation: Invocation): Promise<CallOutcome> {
    const loaded = await container.loading
    if (loaded.kind === 'failed') return { kind: 'threw', error: loaded.error }
    return container.invoke({ invocation, settings, nowMs: options.clock.now() })
  }

  function end(container: Container) {
    if (!live.delete(container)) return
    const ended = container.close().finally(() => ending.delete(ended))
    ending.add(ended)
  }

  return {
    load() {
      dropEnded()
      return (pool[0] ?? grow()).container.loading
    },
    invoke: (invocation) =>
      new Promise((resolve) => {
        if (isClosed) return resolve(closedOutcome())
        if (fault) {
          return resolve({ kind: 'threw', error: { name: INVALID_SETTINGS, message: fault } })
        }
        waiting.push({ invocation, resolve })
        pump()
      }),
    get containerCount() {
      return pool.filter(({ container }) => !container.hasEnded).length
    },
    async coldStart(newCode = code) {
      code = newCode
      const dropped = pool
      pool = []
      for (const member of dropped) if (!member.isTaken) end(member.container)
      await Promise.all(ending)
    },
    async close() {
      isClosed = true
      for (const { resolve } of waiting.splice(0)) resolve(closedOutcome())
      for (const container of live) end(container)
      pool = []
      await Promise.all(ending)
    },
  }
}

// Five seconds is the host's word for most kinds; a test that measures its own timeouts may still ask for more.
function assertTimeout({ timeoutMs = TIMEOUT_MS }: FunctionInstanceOptions) {
  if (timeoutMs > 0 && timeoutMs <= LONGEST_TIMEOUT_MS) return
  throw new RangeError(`timeoutMs must be 1 to ${LONGEST_TIMEOUT_MS}, is ${timeoutMs}`)
}

function closedOutcome(): CallOutcome {
  return { kind: 'threw', error: { name: 'Error', message: 'the workspace is closed' } }
}
