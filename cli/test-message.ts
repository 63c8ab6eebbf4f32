// A marked message through Segment's Tracking API, followed to its destinations: what `message send-test` and `doctor` do.
import { type Clock, sleep } from '../core/clock.ts'
import { TrackLayerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { MessageStory } from '../store/messages.ts'
import { jsonOf, request } from './http-request.ts'

export const TRACKING_APIS = {
  us: 'https://api.segment.io',
  eu: 'https://events.eu1.segmentapis.com',
} as const

export interface TestMessageOptions {
  readonly clock: Clock
  readonly trackingUrl: string
  readonly writeKey: string
  readonly storeUrl: string
  readonly apiKey: string
  /** PEM of the authority that the store's certificate is of, when it is none of the public ones. */
  readonly ca?: string | undefined
  readonly messageId: string
  /** Event name as mappings/events.yaml lists it. */
  readonly event: string
  /** Consent categories that are granted; without one consent is unknown, and no advertising platform gets the event. */
  readonly consent: readonly string[]
  readonly timeoutMs: number
}

/** The story once every delivery was tried or decided; null when the store has not seen the message in time. */
export async function traceTestMessage(options: TestMessageOptions): Promise<MessageStory | null> {
  const { clock, timeoutMs } = options
  await sendMessage(options)
  const until = clock.now() + timeoutMs
  for (;;) {
    const story = await readStory(options)
    if (story?.deliveries.every(({ state }) => state !== 'pending')) return story
    if (clock.now() >= until) return story
    await sleep(clock, 500)
  }
}

/** What a person does next about a story that is not as hoped; null when all is well. */
export function adviceOf(story: MessageStory | null): string | null {
  if (!story) {
    return 'The store has not seen it: look at Event Delivery of the destination in Segment, and at the log of the store (401: secret; nothing at all: source, filter or address)'
  }
  if (story.kind === 'unmapped')
    return 'mappings/events.yaml has no row for this event: add one, build, deploy'
  const bad = story.deliveries.find(({ state }) => state === 'dead' || state === 'retrying')
  if (bad)
    return `${bad.destination} did not take it: tracklayer message explain ${story.message_id}`
  const waiting = story.deliveries.find(({ state }) => state === 'pending')
  return waiting
    ? `${waiting.destination} has not been tried: is a delivery worker running, is it paused?`
    : null
}

async function sendMessage({ trackingUrl, writeKey, clock, ...options }: TestMessageOptions) {
  const answer = await request(`${trackingUrl}/v1/track`, {
    method: 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify(testMessage(options, new Date(clock.now()).toISOString())),
  })
  // Segment answers 200 for nearly everything, a write key that it does not know included.
  if (answer.status === 200) return
  throw new TrackLayerError(
    'RECEIVER_REJECTED',
    `Segment's Tracking API answered ${answer.status}, want 200; is the write key of this region?`,
  )
}

function testMessage(
  { messageId, event, consent }: Pick<TestMessageOptions, 'messageId' | 'event' | 'consent'>,
  timestamp: string,
): JsonObject {
  const granted = Object.fromEntries(consent.map((category) => [category, true]))
  return {
    messageId,
    event,
    userId: 'tracklayer-test',
    timestamp,
    properties: { product_id: 'tracklayer-test', order_id: messageId, value: 0, currency: 'EUR' },
    context: {
      tracklayer: { test: true },
      ...(consent.length > 0 ? { consent: { categoryPreferences: granted } } : {}),
    },
  }
}

async function readStory(options: TestMessageOptions): Promise<MessageStory | null> {
  const { storeUrl, apiKey, messageId, ca } = options
  const url = `${storeUrl}/v1/messages/${encodeURIComponent(messageId)}`
  const headers = { Authorization: `Bearer ${apiKey}` }
  const answer = await request(url, { method: 'GET', headers, ca })
  if (answer.status === 404) return null
  const body = jsonOf(answer)
  if (answer.status === 200 && body) return body as unknown as MessageStory
  throw new TrackLayerError(
    'RECEIVER_REJECTED',
    `The store answered ${answer.status} for the message; is the API key of this environment?`,
  )
}
