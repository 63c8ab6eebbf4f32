// TikTok: audiences (tiktok-audiences.ts) and Events API 2.0: POST /open_api/v1.3/event/track/. Every answer of the API is HTTP 200 with a code in its body: 0 is
// success, and whoever reads only the status takes a refusal for one (facts/destinations.md 0.6).
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import type { TwinAudiences } from '../audience-book.ts'
import { createDedupWindow } from '../dedup-window.ts'
import { createPeople, type Normalisers, type OfferedHash } from '../people.ts'
import { createRequestRate } from '../request-rate.ts'
import type { Twin, TwinOptions, TwinToken } from '../twin.ts'
import { createTwinApp, type TwinAnswer, type TwinRequest } from '../twin-app.ts'
import { createTwinFaults } from '../twin-faults.ts'
import { createTwinLedger } from '../twin-ledger.ts'
import { isNonEmptyText, listOf } from '../value-forms.ts'
import { randomText } from '../vendor-ids.ts'
import { createTikTokAudiences, type TikTokRefusal } from './tiktok-audiences.ts'
import { eventFault, isTooOld, type TikTokRuleOptions, type TikTokSource } from './tiktok-rules.ts'

const HOUR_MS = 60 * 60 * 1000
/** "About event deduplication", ads.tiktok.com/help/article/event-deduplication: 48 hours from the first event. */
const DEDUP_MS = 48 * HOUR_MS
/** `data`: up to 1,000 events. */
const MAX_EVENTS = 1000

/** Return codes as seen in answers: 40001, 40002, 40100 (RudderStack's fixtures), 40105 (live captures). */
const CODES = {
  noPermission: 40001,
  invalidParameter: 40002,
  tooManyRequests: 40100,
  invalidToken: 40105,
  systemError: 50000,
} as const

export interface TikTokTwinOptions extends TwinOptions, TikTokRuleOptions {
  /** Values of the `Access-Token` header. */
  readonly tokens: readonly TwinToken[]
  /** Pixel codes, app ids, offline and CRM event set ids that the token may write to, by `event_source`. */
  readonly eventSources: Partial<Readonly<Record<TikTokSource, readonly string[]>>>
  /** Advertisers whose audiences the token may change. Default none. */
  readonly advertiserIds?: readonly string[]
  /**
   * What becomes of an event that is too old. UNVERIFIED: partners write that such events are "not matched or displayed",
   * so by default the answer is OK and the event does not count; `refuse` answers 40002 for the whole request.
   */
  readonly whenTooOld?: 'drop-silently' | 'refuse'
  /** Requests a second from one app before 40100. UNVERIFIED, so without a limit unless given. */
  readonly requestsPerSecond?: number
}

export interface TikTokTwin extends Twin {
  readonly audiences: TwinAudiences
  /** An event of the pixel in a page, which TikTok counts and compares with server events. */
  pixel(event: {
    readonly pixelCode: string
    readonly event: string
    readonly eventId?: string
  }): void
}

// "Customer information": lower case, trimmed; phones in E.164 with the plus.
const NORMALISERS: Normalisers = {
  email: (raw) => raw.trim().toLowerCase(),
  phone: (raw) => `+${raw.replace(/\D/g, '').replace(/^0+/, '')}`,
  externalId: (raw) => raw.trim(),
}

const PEOPLE_FIELDS = [
  ['email', 'email'],
  ['phone', 'phone'],
  ['external_id', 'externalId'],
] as const

const SOURCES: readonly Json[] = ['web', 'app', 'offline', 'crm']

type Refusal = TikTokRefusal

export function createTikTokTwin(options: TikTokTwinOptions): TikTokTwin {
  const { clock, random, whenTooOld = 'drop-silently', requestsPerSecond } = options
  const ledger = createTwinLedger(clock)
  const faults = createTwinFaults(random)
  const people = createPeople(options.people, NORMALISERS)
  const seen = createDedupWindow(clock, DEDUP_MS)
  const limits = requestsPerSecond ? [{ requests: requestsPerSecond, windowMs: 1000 }] : []
  const rate = createRequestRate(clock, limits)

  function answer(code: number, message: string, data: JsonObject = {}): TwinAnswer {
    // A request id is a time and a random part, in digits and capitals.
    const time = new Date(clock.now()).toISOString().replace(/\D/g, '').slice(0, 14)
    const request_id = `${time}${randomText(random, 18, '0123456789ABCDEF')}`
    return { status: 200, body: { code, message, request_id, data } }
  }

  const tooMany = (): Refusal => ({
    reason: 'rate_limited',
    code: CODES.tooManyRequests,
    message: 'Too many requests. Please retry in some time.',
  })

  function tokenProblem(http: TwinRequest): Refusal | null {
    const known = options.tokens.find(({ token }) => token === http.header('Access-Token'))
    // UNVERIFIED whether an expired token has a code of its own.
    if (!known || (known.expiresAt !== undefined && known.expiresAt <= clock.now())) {
      const message = 'Access token is incorrect or has been revoked.'
      return { reason: 'invalid_token', code: CODES.invalidToken, message }
    }
    return rate.take().exceeded ? tooMany() : null
  }

  function requestProblem(
    http: TwinRequest,
    body: JsonObject,
    data: readonly Json[],
  ): Refusal | null {
    const problem = tokenProblem(http)
    if (problem) return problem
    const source = body.event_source
    if (!SOURCES.includes(source ?? null))
      return invalid('invalid_event_source', 'event_source: Not a valid choice.')
    if (!isNonEmptyText(body.event_source_id)) {
      return invalid('missing_event_source_id', 'event_source_id: Missing data for required field.')
    }
    if (!options.eventSources[source as TikTokSource]?.includes(body.event_source_id)) {
      const message = `No permission to operate pixel code: ${body.event_source_id}. You must be an admin or operator of this advertiser account.`
      return { reason: 'unknown_event_source', code: CODES.noPermission, message }
    }
    if (data.length === 0) return invalid('missing_data', 'data: Missing data for required field.')
    return data.length > MAX_EVENTS
      ? invalid('too_many_events', `data: Longer than maximum length ${MAX_EVENTS}.`)
      : null
  }

  // One faulty event refuses the request. UNVERIFIED that none of the others is taken; resending all is safe either way.
  function eventProblems(data: readonly Json[], source: TikTokSource): readonly (Refusal | null)[] {
    const now = clock.now()
    return data.map((event, index) => {
      const fault = eventFault(event, now, options)
      if (fault) return invalid(fault.reason, `data.${index}.${fault.path}: ${fault.message}`)
      const isStale = whenTooOld === 'refuse' && isTooOld(event as JsonObject, source, now, options)
      return isStale ? invalid('event_too_old', `data.${index}.event_time: Too early.`) : null
    })
  }

  function take(sourceId: string, event: JsonObject) {
    const name = String(event.event)
    const id = isNonEmptyText(event.event_id) ? event.event_id : null
    const key = `${sourceId}/${name}/${id}`
    if (id && seen.has(key)) return ledger.repeat()
    if (id) seen.remember(key)
    const shown = id ?? `without-id-${randomText(random, 8)}`
    ledger.count(`${name}/${shown}`, event, people.match(offeredHashes(event)))
  }

  function receive(http: TwinRequest): TwinAnswer {
    const body = isJsonObject(http.body) ? http.body : {}
    const data = listOf(body.data)
    const problem = requestProblem(http, body, data)
    if (problem) {
      for (const event of data) ledger.refuse(problem.reason, event)
      return answer(problem.code, problem.message)
    }
    const source = body.event_source as TikTokSource
    const problems = eventProblems(data, source)
    const first = problems.find((found) => found !== null)
    if (first) {
      data.forEach((event, index) => {
        ledger.refuse(problems[index]?.reason ?? 'in_refused_request', event)
      })
      return answer(first.code, first.message)
    }
    for (const event of data as readonly JsonObject[]) {
      if (isTooOld(event, source, clock.now(), options)) ledger.refuse('event_too_old', event)
      else take(String(body.event_source_id), event)
    }
    return answer(0, 'OK')
  }

  const { advertiserIds = [] } = options
  const segments = createTikTokAudiences({
    clock,
    random,
    people,
    advertiserIds,
    tokenProblem,
    answer,
  })
  const { app, requests } = createTwinApp({
    clock,
    faults,
    keepRequests: options.keepRequests,
    routes: [
      { method: 'POST', path: /^\/open_api\/v1\.3\/event\/track\/?$/, handle: receive },
      ...segments.routes,
    ],
    edge: {
      tooManyRequests: () => answer(CODES.tooManyRequests, tooMany().message),
      // UNVERIFIED message; the 5xxxx range is TikTok's own trouble, with HTTP 200 like the rest.
      serverError: () => answer(CODES.systemError, 'System error. Please try again later.'),
      // As recorded from TikTok's edge.
      gatewayTimeout: () => ({
        status: 504,
        body: '<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n<center><h1>504 Gateway Time-out</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n',
      }),
      notFound: () => ({ status: 404, body: '404 page not found' }),
    },
  })

  return {
    app,
    faults,
    requests,
    audiences: segments.audiences,
    counted: ledger.counted,
    refused: ledger.refused,
    summary: ledger.summary,
    // Within five minutes TikTok merges the two, later it drops the second: once either way.
    pixel({ pixelCode, event, eventId }) {
      take(pixelCode, { event, ...(eventId === undefined ? {} : { event_id: eventId }) })
    },
  }
}

function invalid(reason: string, message: string): Refusal {
  return { reason, code: CODES.invalidParameter, message }
}

function offeredHashes(event: JsonObject): readonly OfferedHash[] {
  const user = objectAt(event, 'user') ?? {}
  return PEOPLE_FIELDS.flatMap(([field, kind]) =>
    listOf(user[field]).map((hash) => ({ field, kind, hash: String(hash) })),
  )
}
