// The HTTP Tracking API (facts 6): every call of the libraries, in long and short form, answered 200 nearly always.
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { callerIp } from './caller-ip.ts'
import type { Intake } from './intake.ts'
import { readBody } from './read-body.ts'

const CALLS: Readonly<Record<string, string>> = {
  track: 'track',
  identify: 'identify',
  page: 'page',
  screen: 'screen',
  group: 'group',
  alias: 'alias',
  t: 'track',
  i: 'identify',
  p: 'page',
  s: 'screen',
  g: 'group',
  a: 'alias',
}

export const BATCH_LIMIT_BYTES = 500 * 1024
export const BATCH_LIMIT_EVENTS = 2500

export interface TrackingApiOptions {
  readonly intake: Intake
  /** Answers 401 to a write key nobody has; the real one answers 200 and drops. Default false. */
  readonly strictWriteKeys?: boolean
}

interface Answer {
  readonly status: 200 | 400 | 401
  readonly success: boolean
  readonly message?: string
}

const OK: Answer = { status: 200, success: true }

/** Routes `/v1/track` … `/v1/batch`, `/v1/t` … `/v1/b`, `/v1/m`, with CORS open to every page. */
export function createTrackingApi({ intake, strictWriteKeys = false }: TrackingApiOptions): Hono {
  const app = new Hono()
  app.use('/v1/*', cors())

  async function receive(request: Request, read: (body: JsonObject) => Answer): Promise<Answer> {
    const body = await readBody(request, 4 * BATCH_LIMIT_BYTES)
    if (body.kind === 'tooLarge') return refuse('message_too_large', 'Message too large')
    const parsed = body.kind === 'read' ? parse(body.text) : undefined
    if (parsed === undefined) return refuse('invalid_json', 'Invalid JSON')
    if (!isJsonObject(parsed)) return refuse('not_an_object', 'Body must be an object')
    const writeKey = writeKeyOf(request, parsed)
    if (strictWriteKeys && !intake.knows(writeKey)) {
      return { status: 401, success: false, message: 'Unknown write key' }
    }
    return read({ ...parsed, writeKey })
  }

  function refuse(reason: Parameters<Intake['reject']>[0], message: string): Answer {
    intake.reject(reason)
    return { status: 400, success: false, message }
  }

  function readSingle(type: string, body: JsonObject, ip: string | null): Answer {
    const { writeKey, ...message } = body
    const result = intake.accept(String(writeKey), { ...message, type }, ip)
    const isTooLarge = result.kind === 'rejected' && result.reason === 'message_too_large'
    return isTooLarge ? { status: 400, success: false, message: 'Message too large' } : OK
  }

  function readBatch(body: JsonObject, ip: string | null): Answer {
    const items = Array.isArray(body.batch) ? body.batch : []
    const isTooLarge = Buffer.byteLength(JSON.stringify(body)) > BATCH_LIMIT_BYTES
    if (isTooLarge || items.length > BATCH_LIMIT_EVENTS) {
      intake.reject('batch_too_large', items.length)
      return OK
    }
    for (const item of items) {
      if (isJsonObject(item)) intake.accept(String(body.writeKey), mergeItem(body, item), ip)
      else intake.reject('not_an_object')
    }
    return OK
  }

  for (const [path, type] of Object.entries(CALLS)) {
    app.post(`/v1/${path}`, async (context) => {
      const ip = callerIp(context.env)
      const answer = await receive(context.req.raw, (body) => readSingle(type, body, ip))
      return context.json(bodyOf(answer), answer.status)
    })
  }
  for (const path of ['batch', 'b']) {
    app.post(`/v1/${path}`, async (context) => {
      const ip = callerIp(context.env)
      const answer = await receive(context.req.raw, (body) => readBatch(body, ip))
      return context.json(bodyOf(answer), answer.status)
    })
  }
  // Metrics of the libraries about themselves.
  app.post('/v1/m', (context) => context.json({ success: true }))
  return app
}

function bodyOf({ success, message }: Answer) {
  return message === undefined ? { success } : { success, message }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// The batch's own context and integrations are the ground, the item's lie on top.
function mergeItem(batch: JsonObject, item: JsonObject): JsonObject {
  const { sentAt, context, integrations } = batch
  return {
    ...(sentAt === undefined ? {} : { sentAt }),
    ...item,
    ...mergedObject('context', context, item.context),
    ...mergedObject('integrations', integrations, item.integrations),
  }
}

function mergedObject(key: string, ground: unknown, top: unknown): JsonObject {
  if (!isJsonObject(ground)) return {}
  return { [key]: { ...ground, ...(isJsonObject(top) ? top : {}) } }
}

// `Authorization: Basic base64("<writeKey>:")`, or `writeKey` in the body. With OAuth's Bearer it is in the body too.
function writeKeyOf(request: Request, body: JsonObject): string {
  const [scheme, encoded = ''] = (request.headers.get('authorization') ?? '').split(' ')
  if (scheme?.toLowerCase() === 'basic') {
    const [writeKey] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
    if (writeKey) return writeKey
  }
  return typeof body.writeKey === 'string' ? body.writeKey : ''
}
