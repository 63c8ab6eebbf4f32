// What every test of the twins begins with: a twin that knows one person, a clock that moves by hand, a good purchase in each
// vendor's form.
import { createHash } from 'node:crypto'
import type { Hono } from 'hono'
import { createRandom } from '../../../core/clock.ts'
import type { Twin } from '../../../workspace/twins/twins.ts'
import { createManualClock } from '../../support/manual-clock.ts'

export const HOUR_MS = 60 * 60 * 1000
export const DAY_MS = 24 * HOUR_MS

export const JANE = {
  email: 'jane@example.com',
  phone: '+49 151 12345678',
  externalId: 'cust_10482',
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** What all twins take. */
export function stage(seed = 7) {
  const clock = createManualClock()
  return { clock, random: createRandom(seed), people: [JANE] }
}

export async function post(
  app: Hono,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await app.request(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  const isJson = response.headers.get('Content-Type')?.includes('json')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  }
}

/** Fails unless every event received is in exactly one place. */
export function expectBalanced(twin: Pick<Twin, 'summary' | 'counted' | 'refused'>) {
  const { received, counted, duplicates, refused } = twin.summary()
  const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0)
  expect(received).toBe(counted + duplicates + refusals)
  expect([twin.counted().size, twin.refused().length]).toEqual([counted, refusals])
}
