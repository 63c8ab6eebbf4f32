// A golden request: what a vendor's documentation says should leave, compared byte for byte with what left.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { RecordedRequest } from '../../../support/recording-server.ts'

export interface GoldenRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export function readGolden(platform: 'google' | 'ga4', event: string): GoldenRequest {
  const file = path.join(__dirname, '..', platform, `${event}.json`)
  return JSON.parse(readFileSync(file, 'utf8'))
}

export function expectGolden(request: RecordedRequest | undefined, golden: GoldenRequest): void {
  expect(request).toMatchObject({
    method: golden.method,
    path: golden.path,
    headers: golden.headers,
  })
  // Key order and number form included.
  expect(request?.body.toString('utf8')).toBe(JSON.stringify(golden.body))
}
