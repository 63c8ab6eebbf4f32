// The request client of actions-core as the core posts with it: once, bounded in time, and never on to where an answer points.
import type { RequestClient } from '@segment/actions-core'
import type { Post } from './contract.ts'
import core from './core.ts'

// A batch of 1,000 is stored in about a second; past this the host had better ask again.
const TIMEOUT_MS = 10000

/** @param timeoutMs from the call to the last byte of the answer; 10 s by default */
export function postWith(request: RequestClient, timeoutMs = TIMEOUT_MS): Post {
  return async ({ url, headers, body }) => {
    // The client's own timeout ends with the headers of the answer: a body that hangs would hang it for ever. A signal of
    // ours would not do: the client merges it with the host's into neither.
    const answer = request(url, {
      method: 'post',
      headers,
      body,
      redirect: 'manual',
      throwHttpErrors: false,
      timeout: timeoutMs,
      // Without this the client hangs on answers of more than 64 KB, and 1,000 results are more.
      skipResponseCloning: true,
    })
    try {
      const { status, content } = await within(timeoutMs, answer)
      return { status, text: content }
    } catch (error) {
      throw core.failure(isTimeout(error) ? 'TIMED_OUT' : 'UNAVAILABLE', unreached(error))
    }
  }
}

function within<Value>(timeoutMs: number, promise: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    const late = () =>
      reject(core.failure('TIMED_OUT', `the answer was not whole after ${timeoutMs} ms`))
    timer = setTimeout(late, timeoutMs)
  })
  return Promise.race([promise, deadline]).finally(() => {
    if (timer) clearTimeout(timer)
  })
}

const TIMEOUTS = ['ETIMEDOUT', 'REQUESTTIMEOUTERROR', 'REQUESTCLIENTERROR', 'TIMED_OUT']

function isTimeout(error: unknown): boolean {
  return TIMEOUTS.indexOf(String((error as { code?: unknown }).code)) !== -1
}

function unreached(error: unknown): string {
  return `Cannot reach the store: ${error instanceof Error ? error.message : String(error)}`
}
