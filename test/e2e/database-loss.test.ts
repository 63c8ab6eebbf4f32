// The store's own database server is killed while the store runs: it comes back, and nothing acknowledged is gone.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { canonicalise } from '../../core/canonicalise.ts'
import type { MappingTable } from '../../core/mapping-table.ts'
import { signatureTimestamp, signedHeaders } from '../../core/signature.ts'
import { startProgram } from './processes.ts'

const SECRET = 'a-secret-for-database-loss'
const table = require('../../dist/mappings/events.js').default as MappingTable

async function post(url: string, messageId: string): Promise<number> {
  const message = { type: 'track', event: 'Signed In', messageId, userId: 'u1' }
  const body = JSON.stringify({ batch: [canonicalise(message, table)] })
  const timestamp = signatureTimestamp(Date.now())
  const content = { timestamp, account: 'acct_loss', environment: 'production', body }
  const headers = { 'Content-Type': 'application/json', ...signedHeaders([SECRET], content) }
  const response = await fetch(`${url}/segment/events`, { method: 'POST', headers, body })
  return response.status
}

test('after kill -9 of its database server a running store answers 503 at most, and then 200 again', async () => {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'tracklayer-loss-'))
  const store = await startProgram(
    ['store', 'serve', '--json', '--port', '0', '--data-dir', dataDir],
    {
      TRACKLAYER_ACCOUNT: 'acct_loss',
      TRACKLAYER_SECRET_PRODUCTION: SECRET,
      TRACKLAYER_API_KEY_PRODUCTION: 'a-key-for-database-loss',
    },
  )
  const url = String(store.ready.url)
  try {
    expect(await post(url, 'before')).toBe(200)
    const pid = Number(
      readFileSync(path.join(dataDir, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0],
    )
    process.kill(pid, 'SIGKILL')

    const statuses: number[] = []
    do statuses.push(await post(url, 'after'))
    while (statuses.at(-1) !== 200)
    expect(new Set(statuses.slice(0, -1))).toEqual(new Set(statuses.length > 1 ? [503] : []))

    const response = await fetch(`${url}/v1/messages/before`, {
      headers: { Authorization: 'Bearer a-key-for-database-loss' },
    })
    expect(response.status).toBe(200)
  } finally {
    await store.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}, 60_000)
