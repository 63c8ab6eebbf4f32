// Exactly the globals that the Functions host promises, beside those of ECMAScript itself. What Node has and the host
// does not promise (its own fetch, AbortController, process, structuredClone, …) is absent, so that its use fails here.
import crypto from 'node:crypto'
import https from 'node:https'
import fetch, { Headers, Request, Response } from 'node-fetch'
import type { HostSwitches } from '../host-switches.ts'
import type { createErrorClasses } from './error-classes.ts'
import type { FunctionCache } from './function-cache.ts'
import { defineLibraryGlobals, librariesFor } from './library-globals.ts'
import type { FunctionKind } from './realm-protocol.ts'
import type { SegmentObject } from './segment-object.ts'
import { ServerRequest } from './server-request.ts'

export interface RealmParts {
  readonly kind: FunctionKind
  readonly webGlobals: HostSwitches['webGlobals']
  readonly console: object
  readonly errors: ReturnType<typeof createErrorClasses>
  readonly cache: FunctionCache
  readonly segment: SegmentObject
  /** Loads an npm package by name. */
  readonly load: (module: string) => unknown
}

/** The host's own names, those of the language and of libraries aside. */
export const HOST_GLOBALS: readonly string[] = [
  ...['atob', 'btoa', 'Buffer', 'cache', 'clearInterval', 'clearTimeout', 'console', 'crypto'],
  ...['DropEvent', 'EventNotSupported', 'fetch', 'Headers', 'https', 'InvalidEventPayload'],
  ...['Request', 'Response', 'RetryError', 'Segment', 'ServerRequest', 'setInterval', 'setTimeout'],
  ...['URL', 'URLSearchParams', 'ValidationError', 'window'],
]

/** Adds the promised globals to `target`, the object behind a vm context. */
export function defineRealmGlobals(target: object, parts: RealmParts): void {
  Object.assign(target, {
    ...parts.errors,
    atob: decodeBase64,
    btoa: encodeBase64,
    Buffer,
    cache: parts.cache,
    clearInterval,
    clearTimeout,
    console: parts.console,
    crypto,
    fetch,
    Headers,
    https,
    Request,
    Response,
    Segment: parts.segment.api,
    ServerRequest,
    setInterval,
    setTimeout,
    URL,
    URLSearchParams,
  })
  if (parts.webGlobals === 'present') Object.assign(target, webGlobals())
  defineLibraryGlobals(target, librariesFor(parts.kind), parts.load)
  // A copy, as in the shim: assigning to `window.x` makes no global. Copying descriptors leaves lazy ones unread.
  const window = Object.defineProperties({}, Object.getOwnPropertyDescriptors(target))
  Object.assign(target, { window })
}

/** What Node offers beside the language and the host does not promise (switch `webGlobals`). */
export const WEB_GLOBALS: readonly string[] = [
  ...['AbortController', 'AbortSignal', 'Blob', 'Event', 'EventTarget', 'performance'],
  ...['clearImmediate', 'queueMicrotask', 'setImmediate', 'structuredClone'],
  ...['TextDecoder', 'TextEncoder'],
]

function webGlobals(): object {
  const outer = globalThis as Record<string, unknown>
  return Object.fromEntries(WEB_GLOBALS.map((name) => [name, outer[name]]))
}

// The npm packages `atob` 2 and `btoa` 1 are these lines; unlike the web's functions they never throw.
function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('binary')
}

function encodeBase64(value: unknown): string {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value), 'binary')
  return bytes.toString('base64')
}
