// Store and worker are killed over and over while orders come in and go out; then everything is held against what the
// sender was told. The sender behaves as Segment does: what was not acknowledged is sent again, late and out of order.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type { CanonicalEvent } from '../../core/canonical-event.ts'
import { canonicalise } from '../../core/canonicalise.ts'
import { createRandom, type Random } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import type { MappingTable } from '../../core/mapping-table.ts'
import { signatureTimestamp, signedHeaders } from '../../core/signature.ts'
import type { Reconciliation } from '../../store/ledger.ts'
import { type RunningProgram, startProgram } from './processes.ts'

const SECRET = 'a-secret-for-crash-tests-only'
const API_KEY = 'a-key-for-crash-tests-only'

export interface CrashOptions {
  readonly seed: number
  /** Kills of the store while it takes batches in. */
  readonly storeKills: number
  /** Kills of the worker while it delivers. */
  readonly workerKills: number
}

export interface CrashResult {
  readonly acknowledged: ReadonlySet<string>
  readonly stored: number
  readonly orders: ReadonlySet<string>
  /** Order id → the event ids under which the receiver saw it. */
  readonly received: ReadonlyMap<string, ReadonlySet<string>>
  /** Requests the receiver saw beyond one for each order: sent, killed, sent again. */
  readonly repeats: number
  readonly ledger: Reconciliation
  /** Message ids that were acknowledged and cannot be found. */
  readonly lost: readonly string[]
}

export async function runCrashes(options: CrashOptions): Promise<CrashResult> {
  const random = createRandom(options.seed)
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'tracklayer-crash-'))
  const receiver = await startReceiver()
  const env = {
    TRACKLAYER_ACCOUNT: 'acct_crash',
    TRACKLAYER_SECRET_PRODUCTION: SECRET,
    TRACKLAYER_API_KEY_PRODUCTION: API_KEY,
    WEBHOOK_URL_PRODUCTION: receiver.url,
    WEBHOOK_SECRET_PRODUCTION: 'a-webhook-secret-for-tests',
    TRACKLAYER_ALLOW_PRIVATE_ADDRESSES: 'true',
  }
  const place = ['--json', '--data-dir', dataDir, '--mappings', path.join(__dirname, 'mappings')]
  const startStore = () =>
    startProgram(['store', 'serve', '--no-delivery', '--port', '0', ...place], env)
  const startWorker = () => startProgram(['delivery', 'run', ...place], env)
  let store = await startStore()
  let worker = await startWorker()
  try {
    const sender = createSender(random)
    for (let round = 0; round < options.storeKills; round++) {
      const sending = sender.send(String(store.ready.url), 12)
      await afterMs(20 + random() * 250)
      await store.kill()
      await sending
      store = await startStore()
    }
    for (let round = 0; round < options.workerKills; round++) {
      const before = receiver.requests()
      await sender.send(String(store.ready.url), 4)
      // Killed between sending and recording: the receiver has something that the ledger does not know yet.
      await receiver.seen(before + 5)
      await worker.kill()
      worker = await startWorker()
    }
    await sender.finish(String(store.ready.url))
    const ledger = await settledLedger(String(store.ready.url), sender.orders.size)
    const lost = await findLost(String(store.ready.url), sender.acknowledged)
    return {
      acknowledged: sender.acknowledged,
      orders: sender.orders,
      stored: ledger.messages.stored,
      received: receiver.orders,
      repeats: receiver.requests() - receiver.orders.size,
      ledger,
      lost,
    }
  } finally {
    await stopAll([store, worker])
    await receiver.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function stopAll(programs: readonly RunningProgram[]): Promise<void> {
  for (const program of programs) await program.stop()
}

// A wait for a moment of chance, not for a condition: the kill has to fall anywhere in the work.
function afterMs(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

function createSender(random: Random) {
  const table = require('../../dist/mappings/events.js').default as MappingTable
  const acknowledged = new Set<string>()
  const orders = new Set<string>()
  const waiting: JsonObject[][] = []
  let made = 0

  const order = (number: number, copy: string): JsonObject => ({
    type: 'track',
    event: 'Order Completed',
    messageId: `crash-${number}-${copy}`,
    userId: `user-${number % 40}`,
    anonymousId: `anon-${number % 60}`,
    timestamp: '2026-11-22T08:00:00.000Z',
    properties: { order_id: `ORD-${number}`, revenue: 10 + number, currency: 'EUR' },
  })
  const makeBatch = () => {
    const messages: JsonObject[] = []
    for (let i = 0; i < 10; i++) {
      const number = made++
      orders.add(`ORD-${number}`)
      messages.push(order(number, 'browser'))
      // A second message for an earlier order: the event ids of the two compete across crashes.
      if (random() < 0.4) messages.push(order(Math.floor(random() * made), 'server'))
    }
    return messages
  }
  const post = async (url: string, messages: JsonObject[]) => {
    const body = JSON.stringify({ batch: messages.map((message) => canonicalise(message, table)) })
    const content = {
      timestamp: signatureTimestamp(Date.now()),
      account: 'acct_crash',
      environment: 'production',
      body,
    }
    const response = await fetch(`${url}/segment/events`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...signedHeaders([SECRET], content) },
      body,
    })
    if (response.status !== 200) throw new Error(`answered ${response.status}`)
    const { results } = (await response.json()) as {
      results: { message_id: string; status: number }[]
    }
    for (const { message_id, status } of results) if (status === 200) acknowledged.add(message_id)
  }
  const attempt = async (url: string, messages: JsonObject[]) => {
    // Whatever goes wrong is sent again, as Segment would.
    await post(url, messages).catch(() => waiting.push(messages))
  }
  return {
    acknowledged,
    orders,
    async send(url: string, batches: number) {
      const fresh = Array.from({ length: batches }, makeBatch)
      const all = [...waiting.splice(0), ...fresh].sort(() => random() - 0.5)
      await Promise.all(all.map((messages) => attempt(url, messages)))
    },
    async finish(url: string) {
      while (waiting.length > 0) {
        await Promise.all(waiting.splice(0).map((messages) => attempt(url, messages)))
      }
    },
  }
}

async function startReceiver() {
  const orders = new Map<string, Set<string>>()
  const watchers = new Set<() => void>()
  let requests = 0
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const { event } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
        event: CanonicalEvent
      }
      const order = String(event.properties.order_id)
      orders.set(order, (orders.get(order) ?? new Set()).add(event.properties.event_id))
      requests++
      response.writeHead(204).end()
      for (const watcher of [...watchers]) watcher()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    orders,
    requests: () => requests,
    seen: (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (requests < count) return
          watchers.delete(check)
          resolve()
        }
        watchers.add(check)
        check()
      }),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function getJson<Body>(url: string): Promise<{ status: number; body: Body }> {
  const response = await fetch(url, { headers: { Authorization: `Bearer ${API_KEY}` } })
  return { status: response.status, body: (await response.json()) as Body }
}

// Claims of a killed worker expire by themselves; until then the ledger says pending.
async function settledLedger(url: string, orders: number): Promise<Reconciliation> {
  for (;;) {
    const { body } = await getJson<Reconciliation>(`${url}/v1/reconcile`)
    if ((body.destinations.webhook?.delivered ?? 0) >= orders) return body
    await afterMs(200)
  }
}

async function findLost(url: string, acknowledged: ReadonlySet<string>): Promise<string[]> {
  const lost: string[] = []
  for (const id of acknowledged) {
    const { status } = await getJson(`${url}/v1/messages/${encodeURIComponent(id)}`)
    if (status !== 200) lost.push(id)
  }
  return lost
}
