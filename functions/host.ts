// What the Functions host gives, as far as TrackLayer uses it (segment.md 1.3 to 1.7), and the one place inside Segment
// where the time is read. `fetch` is node-fetch 2: it takes `timeout`, and a connection error is a throw.
import type { JsonObject } from '../core/json.ts'

export interface HostResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}

interface HostRequestInit {
  readonly method: 'POST'
  readonly headers: Record<string, string>
  readonly body: string
  /** Milliseconds until the answer begins, and again from there to its end. */
  readonly timeout: number
  /** `manual`: a signed body is never sent on to where an answer points. */
  readonly redirect: 'manual'
}

type HostError = new (message: string) => Error

declare const fetch: (url: string, init: HostRequestInit) => Promise<HostResponse>
declare const RetryError: HostError
declare const InvalidEventPayload: HostError
declare const EventNotSupported: HostError
declare const ValidationError: HostError
declare const DropEvent: HostError
declare const Segment: Record<'track' | 'identify', (message: JsonObject) => unknown>

// The host's globals under names a module can import. Read at the call: they exist only inside the host. Functions of
// their own, not an object, so that a bundle holds those it uses.

export const now = () => Date.now()

export const post = (url: string, init: HostRequestInit) => fetch(url, init)

/** May pass later: Segment calls again, for up to four hours. */
export const retry = (message: string) => new RetryError(message)

/** Can never be accepted: Segment discards the message and shows the reason. */
export const invalid = (message: string) => new InvalidEventPayload(message)

export const unsupported = (message: string) => new EventNotSupported(message)

/** Insert functions only: the message goes no further, and Segment shows why. */
export const drop = (message: string) => new DropEvent(message)

export const warn = (message: string) => console.warn(message)

export const refuse = (message: string) => new ValidationError(message)

export const emit = (type: 'track' | 'identify', message: JsonObject) => Segment[type](message)

/** One entry of what `onBatch` returns, by position; the host reads the lower-case `errormessage` (segment.md 1.5). */
export interface HostResult {
  readonly status: number
  readonly errormessage?: string
}
