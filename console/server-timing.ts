// How long a page took here, from the request to its last byte: in `Server-Timing`, which browsers show and the page's foot
// repeats.
import type { MiddlewareHandler } from 'hono'

/** @param now milliseconds since the Unix epoch */
export function serverTiming(now: () => number): MiddlewareHandler {
  return async (context, next) => {
    const begun = now()
    await next()
    context.header('Server-Timing', `page;dur=${Math.round(now() - begun)}`)
  }
}
