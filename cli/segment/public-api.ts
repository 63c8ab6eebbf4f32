// Segment's Public API as TrackLayer uses it (docs.segmentapis.com): one token, one region, its errors in words, its limits
// respected. Reads and changes that are the same twice are repeated; a creation is not, because its answer may have been lost.
import { type Clock, sleep } from '../../core/clock.ts'
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../core/json.ts'

export const REGIONS = {
  us: 'https://api.segmentapis.com',
  eu: 'https://eu1.api.segmentapis.com',
} as const
export type Region = keyof typeof REGIONS

export interface PublicApiOptions {
  readonly baseUrl: string
  readonly token: string
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  /** Told before each wait, e.g. for a progress line. */
  readonly onWait?: (delayMs: number, why: string) => void
}

export interface CallOptions {
  readonly query?: Readonly<Record<string, string>>
  /** The endpoint exists as alpha only. */
  readonly alpha?: boolean
  /** A write of a mapping: at most five a minute. */
  readonly paced?: boolean
}

export interface PublicApi {
  /** `data` of the answer; null for 404. */
  get(path: string, options?: CallOptions): Promise<JsonObject | null>
  /** Every item of every page. */
  list(path: string, key: string, options?: CallOptions): Promise<JsonObject[]>
  send(
    method: 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    body?: JsonObject,
    options?: CallOptions,
  ): Promise<JsonObject>
  /** Writes that were answered with success. */
  readonly writes: number
}

/** An answer that refuses; `status` is Segment's. */
export class PublicApiError extends TrackLayerError {
  readonly status: number
  constructor(status: number, message: string) {
    super(status === 401 || status === 403 ? 'AUTH_REJECTED' : 'RECEIVER_REJECTED', message)
    this.status = status
  }
}

const ATTEMPTS = 4
const MAX_WAITS = 12
const TIMEOUT_MS = 30_000
const MAPPING_WRITES = { count: 5, windowMs: 60_000 }

export function createPublicApi(options: PublicApiOptions): PublicApi {
  const { clock, onWait = () => {} } = options
  const pacedAt: number[] = []
  let writes = 0

  async function wait(delayMs: number, why: string) {
    onWait(delayMs, why)
    await sleep(clock, delayMs)
  }

  async function pace() {
    const oldest = pacedAt.at(-MAPPING_WRITES.count)
    const left = oldest === undefined ? 0 : oldest + MAPPING_WRITES.windowMs - clock.now()
    if (left > 0) await wait(left, 'Segment takes five mapping writes a minute')
    pacedAt.push(clock.now())
  }

  async function call(
    method: string,
    path: string,
    body: JsonObject | undefined,
    { query = {}, alpha = false, paced = false }: CallOptions,
  ): Promise<JsonObject | null> {
    const url = `${options.baseUrl}${path}${queryOf(query)}`
    let waits = 0
    for (let attempt = 1; ; attempt++) {
      if (paced) await pace()
      const answer = await post(options, method, url, body, alpha)
      if (answer.kind === 'answered') {
        if (method !== 'GET') writes++
        return answer.data
      }
      if (answer.kind === 'refused') {
        if (answer.status === 404 && method === 'GET') return null
        throw new PublicApiError(answer.status, refusalText(method, path, answer))
      }
      const mayRepeat = answer.kind === 'limited' || method !== 'POST' || path.endsWith('/deploy')
      if (!mayRepeat || (answer.kind === 'failed' && attempt >= ATTEMPTS) || ++waits > MAX_WAITS) {
        throw new TrackLayerError('UNAVAILABLE', failureText(method, path, answer.why))
      }
      const delayMs = answer.kind === 'limited' ? answer.delayMs : 1000 * 2 ** (attempt - 1)
      await wait(delayMs, answer.why)
    }
  }

  return {
    get: (path, callOptions = {}) => call('GET', path, undefined, callOptions),
    async list(path, key, callOptions = {}) {
      const items: JsonObject[] = []
      let cursor: string | null = null
      do {
        const page: Record<string, string> = { 'pagination.count': '200' }
        if (cursor !== null) page['pagination.cursor'] = cursor
        const query = { ...callOptions.query, ...page }
        const data: JsonObject | null = await call('GET', path, undefined, {
          ...callOptions,
          query,
        })
        const list = data?.[key]
        if (Array.isArray(list)) items.push(...list.filter(isJsonObject))
        const next: Json | undefined = objectAt(data, 'pagination')?.next
        cursor = typeof next === 'string' && next ? next : null
      } while (cursor !== null)
      return items
    },
    send: async (method, path, body, callOptions = {}) =>
      (await call(method, path, body, callOptions)) ?? {},
    get writes() {
      return writes
    },
  }
}

type Outcome =
  | { readonly kind: 'answered'; readonly data: JsonObject }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  | { readonly kind: 'limited'; readonly delayMs: number; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string }

async function post(
  { token, fetch, clock }: PublicApiOptions,
  method: string,
  url: string,
  body: JsonObject | undefined,
  alpha: boolean,
): Promise<Outcome> {
  const type = `application/vnd.segment.v1${alpha ? 'alpha' : ''}+json`
  try {
    const response = await fetch(url, {
      method,
      headers: {
        Accept: type,
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': type }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    return outcomeOf(response, parsed(await response.text()), clock.now())
  } catch (error) {
    return { kind: 'failed', why: `Segment did not answer (${messageOf(error)})` }
  }
}

function outcomeOf(response: Response, content: unknown, nowMs: number): Outcome {
  const { status } = response
  const data = objectAt(content, 'data')
  if (response.ok && data) return { kind: 'answered', data }
  if (status === 429) {
    return { kind: 'limited', delayMs: delayOf(response, content, nowMs), why: 'rate limit (429)' }
  }
  if (response.ok || status >= 500) {
    return { kind: 'failed', why: `Segment answered ${status}${data ? '' : ' without data'}` }
  }
  return { kind: 'refused', status, reason: reasonOf(content) }
}

// Three ways of saying how long: the header everybody knows, Segment's body, Segment's header.
function delayOf({ headers }: Response, content: unknown, nowMs: number): number {
  const after = Number(headers.get('Retry-After') ?? Number.NaN)
  const left = Number(objectAt(firstError(content), 'data')?.msBeforeNext ?? Number.NaN)
  const resetAt = Date.parse(headers.get('X-RateLimit-Reset') ?? '')
  const wanted = [after * 1000, left, resetAt - nowMs].find((ms) => Number.isFinite(ms) && ms > 0)
  return Math.min(Math.max(wanted ?? 10_000, 1000), 120_000)
}

function firstError(content: unknown): JsonObject | undefined {
  const list = isJsonObject(content) ? content.errors : undefined
  return Array.isArray(list) && isJsonObject(list[0]) ? list[0] : undefined
}

function reasonOf(content: unknown): string {
  const list = isJsonObject(content) && Array.isArray(content.errors) ? content.errors : []
  return list
    .filter(isJsonObject)
    .map(({ field, message }) => (field ? `${field}: ${message}` : String(message)))
    .join('; ')
}

function refusalText(
  method: string,
  path: string,
  { status, reason }: { status: number; reason: string },
) {
  if (status === 401) {
    return 'Segment refuses the token (401): it must be of this workspace, and of its region (us or eu)'
  }
  if (status === 403)
    return `The token may not ${method} ${path} (403): use one of a Workspace Owner`
  return `Segment refuses ${method} ${path} (${status}): ${reason || 'no reason given'}`
}

function failureText(method: string, path: string, why: string): string {
  const again =
    method === 'POST' ? ' It may have been done: run again, and it is looked for first.' : ''
  return `Cannot ${method} ${path}: ${why}.${again}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // a proxy's page; the status says the rest
  }
}

function queryOf(query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString()
  return text && `?${text}`
}
