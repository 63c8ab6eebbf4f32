// The webhooks of source functions (facts 1.6), under `/functions/:name`: POST only, 512 KiB, and only success or
// failure to be seen by the caller.
import { parse as parseForm } from 'node:querystring'
import { Hono } from 'hono'
import type { RequestRecord } from '../deliver/source-function.ts'
import type { WebhookRequest } from '../realm/realm-protocol.ts'
import { readBody } from './read-body.ts'
import { sortKeys } from './sort-keys.ts'

export const WEBHOOK_LIMIT_BYTES = 512 * 1024

export interface Webhook {
  /** True for the editor's tester, which leaves the order of keys alone. */
  readonly tester: boolean
  receive(request: WebhookRequest): Promise<RequestRecord>
}

export interface WebhookOptions {
  readonly find: (name: string) => Webhook | undefined
  /**
   * The status codes a caller sees are UNVERIFIED. 'outcome' waits for the first attempt and answers 400 when it was
   * discarded; 'accepted' answers 200 at once. Default 'outcome'.
   */
  readonly webhookAnswer?: 'outcome' | 'accepted'
}

export function createWebhooks({ find, webhookAnswer = 'outcome' }: WebhookOptions): Hono {
  const app = new Hono()
  app.post('/functions/:name', async (context) => {
    const webhook = find(context.req.param('name'))
    if (!webhook) return context.json({ success: false, message: 'No such function' }, 404)
    const body = await readBody(context.req.raw, WEBHOOK_LIMIT_BYTES)
    if (body.kind === 'tooLarge') return context.json({ success: false }, 413)
    if (body.kind !== 'read') return context.json({ success: false }, 400)
    const running = webhook.receive({
      headers: context.req.header(),
      search: new URL(context.req.url).search,
      body: webhookBody(body.text, context.req.header('content-type') ?? '', webhook.tester),
    })
    if (webhookAnswer === 'accepted') return context.json({ success: true })
    const { status, reason } = await running
    // What is retried is the host's own care from here on: for the caller it has arrived.
    const isOk = status === 'succeeded' || status === 'retrying'
    return isOk
      ? context.json({ success: true })
      : context.json({ success: false, message: reason }, 400)
  })
  app.all('/functions/:name', (context) => context.json({ success: false }, 405))
  return app
}

// Deployed functions get the keys in alphabetical order, at every depth (the depth is UNVERIFIED: the stricter reading).
function webhookBody(text: string, contentType: string, tester: boolean): WebhookRequest['body'] {
  const value = parseBody(text, contentType)
  if (typeof value !== 'object' || value === null) return { kind: 'string', text }
  return { kind: 'object', text: JSON.stringify(tester ? value : sortKeys(value)) }
}

// A repeated form key becomes an array, as Node's own parser has it (UNVERIFIED). Bad JSON stays text, and
// `request.json()` then throws, which is a Bad Request.
function parseBody(text: string, contentType: string): unknown {
  if (contentType.startsWith('application/x-www-form-urlencoded')) return { ...parseForm(text) }
  if (!contentType.startsWith('application/json')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
