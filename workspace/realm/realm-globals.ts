// Exactly the globals that the Functions host promises, beside those of ECMAScript itself. What Node has and the host
// does not promise (its own fetch, AbortController, process, structuredClone, …) is absent, so that its use fails here.
import crypto from 'node:crypto'
import https from 'node:https'
import fetch, { Headers, Request, Response } from 'node-fetch'
import type { createErrorClasses } from './error-classes.ts'
import type { FunctionCache } from './function-cache.ts'
import { defineLibraryGlobals } from './library-globals.ts'
import type { SegmentObject } from './segment-object.ts'
import { ServerRequest } from './server-request.ts'

export interface RealmParts {
  readonly console: object
  readonly errors: ReturnType<typeof createErrorClasses>
  readonly cache: FunctionCache
  readonly segment: SegmentObject
  /** Loads an npm package by name. */
  readonly load: (module: string) => unknown
}

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
  defineLibraryGlobals(target, parts.load)
  // A copy, as in the shim: assigning to `window.x` makes no global. Copying descriptors leaves lazy ones unread.
  const window = Object.defineProperties({}, Object.getOwnPropertyDescriptors(target))
  Object.assign(target, { window })
}

// The npm packages `atob` 2 and `btoa` 1 are these lines; unlike the web's functions they never throw.
function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('binary')
}

function encodeBase64(value: unknown): string {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value), 'binary')
  return bytes.toString('base64')
}
