// The console over a test store, and somebody who reads it as a browser would: cookies kept, forms sent with their token.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createConsole } from '../../console/app.tsx'
import type { TestDatabase } from './database.ts'
import { createTestStore, type TestStoreOptions } from './store.ts'

const ASSETS = path.join(__dirname, '..', '..', 'console', 'assets')
export const ORIGIN = 'http://console.test'

export function createTestConsole(on: TestDatabase, options: TestStoreOptions = {}) {
  const store = createTestStore(on, options)
  const log: string[] = []
  const app = createConsole({
    askStore: (request) => store.app.fetch(request),
    readAsset: (name) => {
      const file = path.join(ASSETS, name)
      return existsSync(file) ? new Uint8Array(readFileSync(file)) : null
    },
    newToken: () => randomBytes(32).toString('hex'),
    now: store.clock.now,
    log: (level, message) => log.push(`${level} ${message}`),
  })
  return { app, store, log, visitor: () => createVisitor(app) }
}

export type TestConsole = ReturnType<typeof createTestConsole>
export type Visitor = ReturnType<typeof createVisitor>

export function createVisitor(app: TestConsole['app']) {
  const cookies = new Map<string, string>()
  async function ask(pathname: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const answer = await app.request(ORIGIN + pathname, { ...init, headers })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /max-age=0/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return answer
  }
  return {
    cookies,
    get: (pathname: string, headers: Record<string, string> = {}) => ask(pathname, { headers }),
    /** Sends a form as a page of the console would. */
    async send(
      pathname: string,
      fields: Readonly<Record<string, string>> = {},
      headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' },
    ) {
      const token = cookies.get('tracklayer_form') ?? ''
      const body = new URLSearchParams({ form_token: token, ...fields })
      return ask(pathname, { method: 'POST', body, headers })
    },
    /** Opens the sign-in page and offers a key. */
    async signIn(key: string) {
      await ask('/sign-in')
      return this.send('/sign-in', { api_key: key })
    },
  }
}
