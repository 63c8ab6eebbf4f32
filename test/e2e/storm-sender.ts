// What a storm sends: orders mostly, some of them by two messages, some messages twice, a few that no platform likes.
// It behaves as Segment does: what was not acknowledged is sent again.
import { canonicalise } from '../../core/canonicalise.ts'
import type { Random } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import type { MappingTable } from '../../core/mapping-table.ts'
import { signatureTimestamp, signedHeaders } from '../../core/signature.ts'

export const STORM_ACCOUNT = 'acct_storm'
export const STORM_SECRET = 'a-secret-for-storm-tests-only'

const BATCH = 20
const WRITERS = 4

export interface StormSender {
  /** Sends everything; resolves once the last message is acknowledged. */
  send(): Promise<void>
  /** Distinct facts among the messages. */
  readonly facts: number
}

export function createStormSender(url: () => string, random: Random, events: number): StormSender {
  const table = require('../../dist/mappings/events.js').default as MappingTable
  const messages = makeMessages(random, events)
  const batches: JsonObject[][] = []
  for (let at = 0; at < messages.length; at += BATCH) batches.push(messages.slice(at, at + BATCH))
  const write = async () => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) {
      const isTaken = await post(url(), table, batch).catch(() => false)
      if (!isTaken) batches.push(batch)
    }
  }
  return {
    facts: events,
    send: async () => void (await Promise.all(Array.from({ length: WRITERS }, write))),
  }
}

async function post(url: string, table: MappingTable, messages: JsonObject[]): Promise<boolean> {
  const body = JSON.stringify({ batch: messages.map((message) => canonicalise(message, table)) })
  const timestamp = signatureTimestamp(Date.now())
  const content = { timestamp, account: STORM_ACCOUNT, environment: 'production', body }
  const response = await fetch(`${url}/segment/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...signedHeaders([STORM_SECRET], content) },
    body,
  })
  return response.status === 200
}

function makeMessages(random: Random, events: number): JsonObject[] {
  const now = new Date().toISOString()
  const messages: JsonObject[] = []
  for (let number = 0; number < events; number++) {
    const message = makeMessage(random, number, now)
    messages.push(message)
    // The server's own message for the same order, and Segment's repeat of one message.
    if (message.event === 'Order Completed' && random() < 0.15)
      messages.push({ ...message, messageId: `${message.messageId}-server` })
    if (random() < 0.1) messages.push(message)
  }
  // Repeats arrive among later ones.
  return messages
    .map((message, at) => ({ message, at: at + random() * 60 }))
    .sort((a, b) => a.at - b.at)
    .map(({ message }) => message)
}

function makeMessage(random: Random, number: number, timestamp: string): JsonObject {
  const person = Math.floor(random() * 1500)
  const kind = random()
  return {
    type: 'track',
    messageId: `storm-${number}`,
    userId: `user-${person}`,
    anonymousId: `anon-${person}`,
    timestamp,
    context: {
      ip: '203.0.113.7',
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
      page: { url: 'https://shop.example.com/thanks' },
      traits: { email: `person-${person}@example.com` },
      consent: { categoryPreferences: consentOf(random) },
    },
    ...(kind < 0.85 ? order(random, number) : other(kind, number)),
  }
}

function consentOf(random: Random): JsonObject {
  const isRefused = random() < 0.03
  return { Advertising: !isRefused, Analytics: true, Functional: true, Marketing: true }
}

function order(random: Random, number: number): JsonObject {
  // Meta refuses a request for one of these, so that its batches are halved.
  const currency = random() < 0.004 ? 'EURO' : 'EUR'
  const product = { product_id: `SKU-${number % 90}`, price: 10, quantity: 1 }
  return {
    event: 'Order Completed',
    properties: {
      order_id: `ORD-${number}`,
      revenue: 10 + (number % 90),
      currency,
      products: [product],
    },
  }
}

function other(kind: number, number: number): JsonObject {
  if (kind < 0.92)
    return { event: 'Lead Submitted', properties: { lead_id: `LEAD-${number}`, value: 5 } }
  const properties = { product_id: `SKU-${number % 90}`, price: 12.5, currency: 'EUR', quantity: 1 }
  return { event: 'Product Added', properties }
}
