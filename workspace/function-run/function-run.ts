// Runs any function on given inputs, as the host would for a first attempt, and tells what came of each event and which
// requests left. No sources and no retries: those are the workspace's.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { readBatchAnswer } from '../deliver/batch-answer.ts'
import {
  type InsertResult,
  readInsertAnswer,
  readInsertBatchAnswer,
} from '../deliver/insert-answer.ts'
import { MESSAGE_LIMIT_BYTES, TOO_LARGE } from '../deliver/source-function.ts'
import { handlerFor } from '../handler-names.ts'
import { type HostSwitches, hostSwitches } from '../host-switches.ts'
import type { FunctionKind, Invocation, LogLevel, RealmOutcome } from '../realm/realm-protocol.ts'
import { classify, reasonOf, type Verdict } from '../runtime/classify.ts'
import type { CallOutcome } from '../runtime/container.ts'
import { createFunctionInstance, type FunctionInstance } from '../runtime/function-instance.ts'
import type { SettingDefinition } from '../runtime/settings-check.ts'
import { webhookBody } from '../tracking/webhooks.ts'
import {
  type NetworkGate,
  type OutgoingRequest,
  type RecordedAnswer,
  startNetworkGate,
} from './network-gate.ts'

export type FunctionInput =
  | { readonly kind: 'event'; readonly event: JsonObject }
  | { readonly kind: 'batch'; readonly events: readonly JsonObject[] }
  | { readonly kind: 'request'; readonly request: WebhookInput }

export interface WebhookInput {
  readonly headers?: Readonly<Record<string, string>>
  /** Query string without its question mark. */
  readonly query?: string
  /** Text as it came, or the parsed body. */
  readonly body: unknown
}

export type EventStatus = 'ok' | 'discarded' | 'retry'

export interface EventOutcome {
  readonly messageId: string | null
  readonly status: EventStatus
  /** As Event Delivery would show it; null when all went well. */
  readonly reason: string | null
  /** Of an insert function: the event that goes on. */
  readonly event?: JsonObject
}

export interface FunctionRunResult {
  readonly handler: string | null
  /** One for each event; one for a webhook request. */
  readonly outcomes: readonly EventOutcome[]
  /** What a source function emitted. */
  readonly messages: readonly JsonObject[]
  readonly requests: readonly OutgoingRequest[]
  readonly logs: readonly { readonly level: LogLevel; readonly text: string }[]
  readonly warnings: readonly string[]
  readonly durationMs: number
}

export interface FunctionRunOptions {
  readonly kind: FunctionKind
  readonly file: string
  readonly realmWorkerFile: string
  readonly clock: Clock
  readonly nodeFile?: string
  readonly timeoutMs?: number
  readonly switches?: Partial<HostSwitches>
  /** Keys of a webhook's body keep their order and `cache` stays empty, as in the editor's tester. */
  readonly tester?: boolean
  /** Keeps the container from one input to the next while the settings are the same. Default false: each starts cold. */
  readonly isWarm?: boolean
  readonly settingDefinitions?: readonly SettingDefinition[]
  /** What happens to a request without a recorded answer. */
  readonly otherwise: 'live' | 'reset'
}

export interface RunInput {
  readonly input: FunctionInput
  readonly settings?: JsonObject
  readonly answers?: readonly RecordedAnswer[]
}

export interface FunctionRun {
  readonly handlers: readonly string[]
  /** Runs one input, by default in a container of its own, so that no input depends on those before it. */
  run(input: RunInput): Promise<FunctionRunResult>
  close(): Promise<void>
}

/** Throws when the file cannot be read, or when the host would not load it. */
export async function openFunctionRun(options: FunctionRunOptions): Promise<FunctionRun> {
  const code = await readFile(options.file, 'utf8')
  const gate = await startNetworkGate({ otherwise: options.otherwise })
  let logs: { level: LogLevel; text: string }[] = []
  const warm = new Map<string, FunctionInstance>()

  function open(settings: JsonObject): FunctionInstance {
    const key = JSON.stringify(settings)
    const known = warm.get(key)
    if (known) return known
    const instance = createFunctionInstance({
      ...options,
      name: path.basename(options.file),
      code,
      fileName: path.basename(options.file),
      packagesFrom: path.dirname(path.resolve(options.file)),
      networkGate: gate.origin,
      maxContainers: 1,
      settings,
      onLog: (level, text) => logs.push({ level, text }),
    })
    if (options.isWarm) warm.set(key, instance)
    return instance
  }

  async function close() {
    await Promise.all([...warm.values()].map((instance) => instance.close()))
    await gate.close()
  }

  try {
    const instance = open({})
    const handlers = await handlersOf(instance)
    if (!options.isWarm) await instance.close()
    return { handlers, run, close }
  } catch (error) {
    await close()
    throw error
  }

  async function run({ input, settings = {}, answers = [] }: RunInput): Promise<FunctionRunResult> {
    logs = []
    const instance = open(settings)
    gate.answer(answers)
    gate.take()
    const switches = hostSwitches(options.switches)
    const call = invocationFor(input, options, switches)
    try {
      const loaded = await instance.load()
      const startedAt = options.clock.now()
      const outcome: CallOutcome =
        loaded.kind === 'failed'
          ? { kind: 'threw', error: loaded.error }
          : call
            ? await instance.invoke(call)
            : NOTHING_RETURNED
      const durationMs = options.clock.now() - startedAt
      const read = readOutcome(outcome, input, options.kind, switches)
      return { handler: call?.handler ?? null, ...read, requests: gate.take(), logs, durationMs }
    } finally {
      if (!options.isWarm) await instance.close()
    }
  }
}

async function handlersOf(instance: FunctionInstance): Promise<readonly string[]> {
  const loaded = await instance.load()
  if (loaded.kind === 'loaded') return loaded.handlers
  await instance.close()
  throw new Error(`Cannot load the function: ${loaded.error.name}: ${loaded.error.message}`)
}

const NOTHING_RETURNED: RealmOutcome = { kind: 'returned', returned: undefined, messages: [] }

// Null for a type that the host does not dispatch: it returns without an error.
function invocationFor(
  input: FunctionInput,
  { kind, tester = false }: FunctionRunOptions,
  switches: HostSwitches,
): Invocation | null {
  switch (input.kind) {
    case 'event': {
      const handler = handlerFor(input.event.type, kind, switches)
      return handler ? { handler, payload: JSON.stringify(input.event) } : null
    }
    case 'batch':
      return { handler: 'onBatch', payload: JSON.stringify(input.events) }
    case 'request': {
      const { headers = { 'content-type': 'application/json' }, query = '', body } = input.request
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const type = new Headers(headers).get('content-type') ?? ''
      return {
        handler: 'onRequest',
        request: {
          headers,
          search: query === '' ? '' : `?${query}`,
          body: webhookBody(text, type, { ...switches, tester }),
        },
      }
    }
  }
}

type Read = Pick<FunctionRunResult, 'outcomes' | 'messages' | 'warnings'>

function readOutcome(
  outcome: CallOutcome,
  input: FunctionInput,
  kind: FunctionKind,
  switches: HostSwitches,
): Read {
  const events = eventsOf(input)
  if (outcome.kind !== 'returned') {
    const verdict = classify(outcome, kind, switches)
    return read(events.map((event) => outcomeOf(event, verdict)))
  }
  if (kind === 'source') return readEmitted(outcome.messages)
  if (kind === 'destination') {
    if (input.kind !== 'batch') return read(events.map((event) => outcomeOf(event, OK)))
    const { verdicts, warning } = readBatchAnswer(outcome.returned, events.length, switches)
    return read(
      events.map((event, index) => outcomeOf(event, verdicts[index] ?? OK)),
      warning,
    )
  }
  const inputs = events.filter(isJsonObject)
  const answer =
    input.kind === 'batch'
      ? readInsertBatchAnswer(outcome.returned, inputs, switches)
      : {
          results: inputs.map((event) => readInsertAnswer(outcome.returned, event, switches)),
          warning: null,
        }
  return read(
    inputs.map((event, index) => insertOutcome(event, answer.results[index] as InsertResult)),
    answer.warning,
  )
}

const OK: Verdict = { kind: 'ok' }
const STATUS = { ok: 'ok', discard: 'discarded', retry: 'retry' } as const

function eventsOf(input: FunctionInput): readonly (JsonObject | null)[] {
  if (input.kind === 'request') return [null]
  return input.kind === 'event' ? [input.event] : input.events
}

function read(outcomes: readonly EventOutcome[], warning: string | null = null): Read {
  return { outcomes, messages: [], warnings: warning === null ? [] : [warning] }
}

function outcomeOf(event: JsonObject | null, verdict: Verdict): EventOutcome {
  const messageId = typeof event?.messageId === 'string' ? event.messageId : null
  return { messageId, status: STATUS[verdict.kind], reason: reasonOf(verdict) }
}

function insertOutcome(input: JsonObject, result: InsertResult): EventOutcome {
  return result.kind === 'pass'
    ? { ...outcomeOf(input, OK), event: result.event }
    : outcomeOf(input, result.verdict)
}

// Messages over the Tracking API's limit are lost, and the run counts as failed.
function readEmitted(texts: readonly string[]): Read {
  const fitting = texts.filter((text) => Buffer.byteLength(text) <= MESSAGE_LIMIT_BYTES)
  const reason = fitting.length === texts.length ? null : `Bad Request: ${TOO_LARGE}`
  return {
    outcomes: [{ messageId: null, status: reason === null ? 'ok' : 'discarded', reason }],
    messages: fitting.map((text) => JSON.parse(text) as JsonObject),
    warnings: [],
  }
}

export type { NetworkGate, OutgoingRequest, RecordedAnswer }
