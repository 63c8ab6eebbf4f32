// One file of recorded payloads: an event, a batch, a webhook request, or a case with settings, answers and expectations.
import { TrackLayerError } from '../../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import type { FunctionKind } from '../realm/realm-protocol.ts'
import type { EventStatus, FunctionInput, FunctionRunResult, WebhookInput } from './function-run.ts'
import type { RecordedAnswer } from './network-gate.ts'

export interface RecordedCase {
  readonly input: FunctionInput
  readonly settings?: JsonObject
  readonly answers: readonly RecordedAnswer[]
  readonly expect: Expectation
}

/** Objects are compared by the fields they name, lists by position and length. */
export interface Expectation {
  /** Of every event, or one for each. Default 'ok'. */
  readonly status?: EventStatus | readonly EventStatus[]
  /** Part of the reason of the first event that is not ok. */
  readonly reason?: string
  readonly requests?: readonly Json[]
  /** What a source function emits. */
  readonly messages?: readonly Json[]
  /** What an insert function returns, one for each input; null where none goes on. */
  readonly returned?: readonly Json[]
}

/** Throws a TrackLayerError that names what is wrong with the file. */
export function parseRecordedCase(value: unknown, kind: FunctionKind): RecordedCase {
  if (!isCase(value)) return { input: parseInput(value, kind), answers: [], expect: {} }
  const { event, events, request, settings, answers = [], expect = {} } = value
  if (!Array.isArray(answers) || !answers.every(isAnswer)) {
    throw invalid('"answers" must be a list of objects, each with a "url"')
  }
  if (settings !== undefined && !isJsonObject(settings)) throw invalid('"settings" is no object')
  if (!isJsonObject(expect)) throw invalid('"expect" is no object')
  return {
    input: parseInput(event ?? events ?? request, kind),
    ...(settings === undefined ? {} : { settings }),
    answers: answers as unknown as readonly RecordedAnswer[],
    expect: expect as Expectation,
  }
}

/** A bare event, list of events, or webhook body, as `function run --event` takes it. */
export function parseInput(value: unknown, kind: FunctionKind): FunctionInput {
  if (kind === 'source') return { kind: 'request', request: parseRequest(value) }
  if (Array.isArray(value) && value.every(isJsonObject)) return { kind: 'batch', events: value }
  if (isJsonObject(value) && typeof value.type === 'string') return { kind: 'event', event: value }
  throw invalid('want an event (an object with a "type"), or a list of events')
}

function parseRequest(value: unknown): WebhookInput {
  if (!isJsonObject(value) || !('body' in value)) return { body: value }
  return value as unknown as WebhookInput
}

// An event may itself have a field "event": its name.
function isCase(value: unknown): value is JsonObject {
  if (!isJsonObject(value) || typeof value.type === 'string') return false
  return isJsonObject(value.event) || Array.isArray(value.events) || isJsonObject(value.request)
}

function isAnswer(value: Json): boolean {
  return isJsonObject(value) && typeof value.url === 'string'
}

function invalid(message: string): TrackLayerError {
  return new TrackLayerError('MESSAGE_INVALID', `Cannot read the payload: ${message}`)
}

/** What is not as expected, one line each; empty when all is. */
export function judge(result: FunctionRunResult, expect: Expectation): string[] {
  const { outcomes, requests, messages } = result
  const statuses = outcomes.map(({ status }) => status)
  const wanted = expect.status ?? 'ok'
  const lines = differences(
    'status',
    statuses,
    typeof wanted === 'string' ? statuses.map(() => wanted) : wanted,
  )
  const reason = outcomes.find(({ status }) => status !== 'ok')?.reason ?? ''
  if (expect.reason !== undefined && !reason.includes(expect.reason)) {
    lines.push(`reason is ${JSON.stringify(reason)}, want ${JSON.stringify(expect.reason)} in it`)
  }
  const returned = outcomes.map(({ event }) => event ?? null)
  for (const [name, found] of Object.entries({ requests, messages, returned })) {
    const want = expect[name as 'requests' | 'messages' | 'returned']
    if (want !== undefined) lines.push(...differences(name, found, want))
  }
  return lines
}

function differences(path: string, found: unknown, want: unknown): string[] {
  if (Array.isArray(want)) {
    if (!Array.isArray(found) || found.length !== want.length) {
      const count = Array.isArray(found) ? found.length : 'none'
      return [`${path}: ${count}, want ${want.length}`]
    }
    return want.flatMap((each, index) => differences(`${path}[${index}]`, found[index], each))
  }
  if (isJsonObject(want)) {
    const value = typeof found === 'string' ? parsed(found) : found
    if (!isJsonObject(value)) return [`${path} is ${JSON.stringify(found)}, want an object`]
    return Object.entries(want).flatMap(([key, each]) =>
      differences(`${path}.${key}`, value[key], each),
    )
  }
  return found === want ? [] : [`${path} is ${JSON.stringify(found)}, want ${JSON.stringify(want)}`]
}

// A request's body may be expected as JSON, whatever the order of its keys.
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
