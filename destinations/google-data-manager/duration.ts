// When Google says in the body how long to wait.

// A day: longer waits are the retry schedule's and the maximum age's business.
const MAX_WAIT_MS = 24 * 60 * 60 * 1000

/** A protobuf duration in JSON, such as the `retryDelay` `"3.5s"` of google.rpc.RetryInfo, in milliseconds. */
export function durationMsOf(given: unknown): number | undefined {
  const seconds = typeof given === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(given)?.[1] : undefined
  return seconds === undefined
    ? undefined
    : Math.min(Math.ceil(Number(seconds) * 1000), MAX_WAIT_MS)
}
