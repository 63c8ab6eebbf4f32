// How a result is told: outcomes and outgoing requests, credentials hidden.

import type {
  EventOutcome,
  FunctionRunResult,
  OutgoingRequest,
} from '../../workspace/function-run/function-run.ts'
import { redactHeaders } from '../../workspace/function-run/redact-headers.ts'
import { paint } from '../output.ts'

// Line breaks, and what is left of compressed bodies.
const UNPRINTABLE = /[\p{Cc}\uFFFD]+/gu

export function* tellResult(result: FunctionRunResult): Generator<string> {
  const { handler, outcomes, requests, messages, logs, warnings, durationMs } = result
  yield `${paint.bold(handler ?? 'no handler: the host dispatches no such type')}  ${durationMs} ms`
  for (const { level, text } of logs) yield `  ${paint.dim(`console.${level}`)}  ${text}`
  for (const request of requests) yield `  ${tellRequest(request)}`
  for (const message of messages) yield `  emits     ${JSON.stringify(message)}`
  for (const outcome of outcomes) {
    yield `  ${tellOutcome(outcome)}`
    if (outcome.event) yield `  goes on   ${JSON.stringify(outcome.event)}`
  }
  for (const warning of warnings) yield `  ${paint.yellow(`warning   ${warning}`)}`
}

export function tellRequest({ method, url, body, status }: OutgoingRequest): string {
  const start = body.slice(0, 200).replace(UNPRINTABLE, '·')
  const shown = body.length > 200 ? `${start}… (${body.length} characters)` : start
  return `${method.padEnd(9)} ${hideQuery(url)}  ${status ?? 'no answer'}${shown ? `  ${shown}` : ''}`
}

// Keys travel in query strings, too.
function hideQuery(url: string): string {
  const mark = url.indexOf('?')
  return mark === -1 ? url : `${url.slice(0, mark)}?…`
}

export function tellOutcome({ status, reason, messageId }: EventOutcome): string {
  const colour = status === 'ok' ? paint.green : status === 'retry' ? paint.yellow : paint.red
  return [colour(status.padEnd(9)), messageId, reason].filter(Boolean).join('  ')
}

/** For `--json`: the whole result, with the values of credentials hidden in headers. */
export function jsonResult(result: FunctionRunResult): FunctionRunResult {
  const requests = result.requests.map((each) => ({
    ...each,
    headers: redactHeaders(each.headers),
  }))
  return { ...result, requests }
}

export function isAllOk({ outcomes }: FunctionRunResult): boolean {
  return outcomes.every(({ status }) => status === 'ok')
}
