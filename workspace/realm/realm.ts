// One realm: a fresh vm context, the user's file evaluated once in it, and its handlers, called one at a time.
import vm from 'node:vm'
import { handlerNames } from '../handler-names.ts'
import { createErrorClasses } from './error-classes.ts'
import { createFunctionCache } from './function-cache.ts'
import { createRealmConsole } from './realm-console.ts'
import { installRealmDate, type RealmDate } from './realm-date.ts'
import { defineRealmGlobals } from './realm-globals.ts'
import type {
  InvokeMessage,
  LogLevel,
  RealmOptions,
  RealmOutcome,
  ThrownError,
} from './realm-protocol.ts'
import { createSegmentObject, type SegmentObject } from './segment-object.ts'
import { createServerRequest } from './server-request.ts'

type Handler = (this: unknown, input: unknown, settings: unknown) => unknown
type Handlers = Record<string, Handler | undefined>
type ErrorClasses = ReturnType<typeof createErrorClasses>

export interface Realm {
  /** Names of the handlers that the user's file defines. */
  readonly handlers: readonly string[]
  invoke(message: InvokeMessage): Promise<RealmOutcome>
}

export interface RealmEnvironment {
  readonly load: (module: string) => unknown
  readonly log: (level: LogLevel, text: string) => void
}

/** Evaluates the user's file; throws what it throws, a SyntaxError included. */
export function createRealm(options: RealmOptions, { load, log }: RealmEnvironment): Realm {
  const sandbox: { window?: unknown } = {}
  const context = vm.createContext(sandbox)
  const date = installRealmDate(context)
  const errors = createErrorClasses()
  const { kind, switches, tester } = options
  const segment = createSegmentObject({
    ValidationError: errors.ValidationError as typeof Error,
    withoutId: switches.segmentWithoutId,
  })
  const cache = createFunctionCache({ now: date.now, alwaysEmpty: tester, switches })
  const { webGlobals } = switches
  const parts = { kind, webGlobals, console: createRealmConsole(log), errors, cache, segment, load }
  defineRealmGlobals(sandbox, parts)
  const defaults = defaultHandlers(options, errors)
  const handlers = evaluate(options, context, sandbox.window, defaults)
  return {
    handlers: Object.keys(handlers).filter((name) => handlers[name] !== defaults[name]),
    invoke: (message) =>
      invoke(message, { handlers, segment, date, options, self: sandbox.window }),
  }
}

function evaluate(
  { kind, switches, code, fileName }: RealmOptions,
  context: vm.Context,
  self: unknown,
  defaults: Handlers,
): Handlers {
  const names = handlerNames(kind, switches)
  const script = new vm.Script(wrap(code, names), { filename: fileName, lineOffset: -1 })
  const define: (this: unknown, ...args: unknown[]) => void = script.runInContext(context)
  const handlers: Handlers = {}
  define.call(self, handlers, ...names.map((name) => defaults[name]))
  return handlers
}

// The host's wrapper. Handlers are parameters, so `const onTrack` is a SyntaxError; they are handed out twice, so that
// an early top-level `return` still leaves the hoisted declarations.
function wrap(code: string, names: readonly string[]): string {
  const handOut = names.map((name) => `__exports123.${name} = ${name};`).join(' ')
  const body = code.replace(/^\uFEFF/, '')
  return `(function (__exports123, ${names.join(', ')}) { ${handOut}\n${body}\n;${handOut}\n});`
}

function defaultHandlers(
  { kind, switches }: RealmOptions,
  { EventNotSupported }: ErrorClasses,
): Handlers {
  const refuse = (text: (input: unknown) => string) => (input: unknown) => {
    if (EventNotSupported) throw new EventNotSupported(text(input))
  }
  if (kind === 'source') return { onRequest: refuse(() => 'request not supported') }
  const unsupported = refuse((event) => `${(event as { type?: unknown }).type} not supported`)
  const names = handlerNames(kind, switches).filter((name) => name !== 'onBatch')
  return Object.fromEntries(names.map((name) => [name, unsupported]))
}

interface InvokeContext {
  readonly handlers: Handlers
  readonly segment: SegmentObject
  readonly date: RealmDate
  readonly options: RealmOptions
  readonly self: unknown
}

async function invoke(message: InvokeMessage, realm: InvokeContext): Promise<RealmOutcome> {
  realm.date.set(message.nowMs)
  try {
    const { invocation } = message
    const handler = realm.handlers[invocation.handler]
    const input =
      'request' in invocation
        ? createServerRequest(invocation.request)
        : JSON.parse(invocation.payload)
    if (typeof handler !== 'function')
      throw new TypeError(`${invocation.handler} is not a function`)
    const returned = await handler.call(realm.self, input, JSON.parse(message.settings))
    return { kind: 'returned', returned: jsonTextOf(returned), messages: realm.segment.take() }
  } catch (thrown) {
    if (realm.options.switches.bufferAfterThrow === 'drop') realm.segment.take()
    return { kind: 'threw', error: describeThrown(thrown) }
  }
}

function jsonTextOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    // Circular or otherwise no JSON: for the host there is nothing to read in it.
    return undefined
  }
}

/** Anything may be thrown, from either realm: only name, message and stack are read, and only as text. */
export function describeThrown(thrown: unknown): ThrownError {
  try {
    return readThrown(thrown)
  } catch {
    // A getter or a proxy that throws in its turn.
    return { name: 'Error', message: 'what was thrown cannot be read' }
  }
}

function readThrown(thrown: unknown): ThrownError {
  if (typeof thrown !== 'object' || thrown === null)
    return { name: 'Error', message: String(thrown) }
  const { name, message, stack } = thrown as { name?: unknown; message?: unknown; stack?: unknown }
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : '',
    ...(typeof stack === 'string' ? { stack } : {}),
  }
}
