// The webhooks of source functions (facts 1.6), under `/functions/:name`: POST only, 512 KiB, and only success or
// failure to be seen by the caller.
import { parse as parseForm } from 'node:querystring'
import { Hono } from 'hono'
import type { RequestRecord } from '../deliver/source-function.ts'
import type { HostSwitches } from '../host-switches.ts'
import type { WebhookRequest } from '../realm/realm-protocol.ts'
import { readBody } from './read-body.ts'
import { sortKeys, sortOuterKeys } from './sort-keys.ts'

export const WEBHOOK_LIMIT_BYTES = 512 * 1024

export interface Webhook {
  /** True for the editor's tester, which leaves the order of keys alone. */
  readonly tester: boolean
  receive(request: WebhookRequest): Promise<RequestRecord>
}

export type WebhookSwitches = Pick<
  HostSwitches,
  'webhookAnswer' | 'keySorting' | 'repeatedFormKeys'
>

export interface WebhookOptions {
  readonly find: (name: string) => Webhook | undefined
  readonly switches: WebhookSwitches
}

export function createWebhooks({ find, switches }: WebhookOptions): Hono {
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
      body: webhookBody(body.text, context.req.header('content-type') ?? '', {
        ...switches,
        tester: webhook.tester,
      }),
    })
    if (switches.webhookAnswer === 'accepted') return context.json({ success: true })
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

/** The body as a source function gets it: deployed ones have the keys in alphabetical order, the tester leaves them. */
export function webhookBody(
  text: string,
  contentType: string,
  { tester, ...switches }: WebhookSwitches & { readonly tester: boolean },
): WebhookRequest['body'] {
  const value = parseBody(text, contentType, switches)
  if (typeof value !== 'object' || value === null) return { kind: 'string', text }
  if (tester) return { kind: 'object', text: JSON.stringify(value) }
  const sorted = switches.keySorting === 'deep' ? sortKeys(value) : sortOuterKeys(value)
  return { kind: 'object', text: JSON.stringify(sorted) }
}

// Bad JSON stays text, and `request.json()` then throws, which is a Bad Request.
function parseBody(
  text: string,
  contentType: string,
  { repeatedFormKeys }: WebhookSwitches,
): unknown {
  if (contentType.startsWith('application/x-www-form-urlencoded')) {
    return repeatedFormKeys === 'array'
      ? { ...parseForm(text) }
      : Object.fromEntries(new URLSearchParams(text))
  }
  if (!contentType.startsWith('application/json')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
