// The console beside the store's API, on one address: what is the API's goes to the store, everything else is a page.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createConsole } from '../console/app.tsx'
import { realClock } from './clock.ts'
import type { Log } from './output.ts'
import { CONSOLE_ASSETS } from './paths.ts'

type Fetch = (request: Request, env?: object) => Response | Promise<Response>

const OF_THE_STORE = /^\/(?:segment\/|v1\/|healthz$|readyz$|openapi\.json$)/

/** @param askStore the store's application: the console asks it in this process, as its HTTP API would be asked */
export function withConsole(askStore: Fetch, log: Log): Fetch {
  const console = createConsole({
    askStore: (request) => askStore(request),
    readAsset,
    newToken,
    now: realClock.now,
    log,
  })
  return (request, env) => {
    const { pathname } = new URL(request.url)
    return OF_THE_STORE.test(pathname) ? askStore(request, env) : console.fetch(request, env)
  }
}

/** 256 bits in hex. */
export function newToken(): string {
  return randomBytes(32).toString('hex')
}

// A name of one part: nothing outside the folder can be asked for.
function readAsset(name: string): Uint8Array<ArrayBuffer> | null {
  const file = path.join(CONSOLE_ASSETS, path.basename(name))
  return existsSync(file) ? new Uint8Array(readFileSync(file)) : null
}
