// A container: one thread or process with one realm, one invocation at a time.
// States: starting → idle ⇄ busy → ended (load failed, timed out, crashed, closed).
import type {
  InvokeMessage,
  LogLevel,
  RealmMessage,
  RealmOptions,
  RealmOutcome,
  ThrownError,
} from '../realm/realm-protocol.ts'
import { startCarrier } from './carrier.ts'

export type CallOutcome = RealmOutcome | { readonly kind: 'timedOut'; readonly afterMs: number }

export type LoadOutcome =
  | { readonly kind: 'loaded'; readonly handlers: readonly string[] }
  | { readonly kind: 'failed'; readonly error: ThrownError }

export interface ContainerOptions {
  readonly realmWorkerFile: string
  readonly realm: RealmOptions
  readonly timeoutMs: number
  readonly memoryMb: number
  /** Node binary to run it with; a thread of this Node when there is none. */
  readonly nodeFile?: string
  readonly onLog: (level: LogLevel, text: string) => void
}

export interface Container {
  readonly loading: Promise<LoadOutcome>
  readonly isBusy: boolean
  readonly hasEnded: boolean
  invoke(message: InvokeMessage): Promise<CallOutcome>
  close(): Promise<void>
}

// Not the function's fault and not part of its five seconds: a thread that never comes up.
const START_TIMEOUT_MS = 30_000

export function createContainer(options: ContainerOptions): Container {
  let hasEnded = false
  let answer: ((outcome: CallOutcome) => void) | null = null
  let loaded: (outcome: LoadOutcome) => void = () => {}
  const loading = new Promise<LoadOutcome>((resolve) => {
    loaded = resolve
  })
  // Real time on purpose: what happens inside a thread is real, whatever clock the workspace runs on.
  let timer = setTimeout(() => fail(timeoutError(START_TIMEOUT_MS)), START_TIMEOUT_MS)

  function finish(outcome: CallOutcome) {
    clearTimeout(timer)
    answer?.(outcome)
    answer = null
  }

  function fail(error: ThrownError) {
    hasEnded = true
    loaded({ kind: 'failed', error })
    finish({ kind: 'threw', error })
    void carrier.terminate()
  }

  function receive(message: RealmMessage) {
    switch (message.kind) {
      case 'started':
        clearTimeout(timer)
        timer = setTimeout(() => fail(timeoutError(options.timeoutMs)), options.timeoutMs)
        break
      case 'loaded':
        clearTimeout(timer)
        loaded(message)
        break
      case 'loadFailed':
        fail(message.error)
        break
      case 'log':
        options.onLog(message.level, message.text)
        break
      case 'crashed':
        crash(message.error)
        break
      case 'returned':
      case 'threw':
        finish(message)
        break
    }
  }

  // An error outside any handler's promise (a timer, a rejection nobody awaited) ends the host's process as well.
  function crash(error: unknown) {
    options.onLog('error', `The container ended: ${thrownBy(error).message}`)
    fail(thrownBy(error))
  }

  const carrier = startCarrier({
    ...options,
    onMessage: receive,
    onError: crash,
    onExit: () => fail({ name: 'Error', message: 'the container ended' }),
  })

  return {
    loading,
    get isBusy() {
      return answer !== null
    },
    get hasEnded() {
      return hasEnded
    },
    invoke(message) {
      return new Promise((resolve) => {
        answer = resolve
        timer = setTimeout(() => {
          hasEnded = true
          finish({ kind: 'timedOut', afterMs: options.timeoutMs })
          void carrier.terminate()
        }, options.timeoutMs)
        carrier.send(message)
      })
    },
    async close() {
      hasEnded = true
      clearTimeout(timer)
      await carrier.terminate()
    },
  }
}

function timeoutError(afterMs: number): ThrownError {
  return { name: 'Timeout', message: `the function did not load within ${afterMs} ms` }
}

function thrownBy(error: unknown): ThrownError {
  const { name, message, stack } = error as Partial<Error>
  return { name: name ?? 'Error', message: message ?? String(error), ...(stack ? { stack } : {}) }
}
