// Meta: custom audiences (meta-audiences.ts) and the Conversions API: POST /v{version}/{pixel}/events. One bad event refuses the whole request: "If any event you send in
// a batch is invalid, we reject the entire batch" ("Using the API", developers.facebook.com/docs/marketing-api).
import { isJsonObject, type Json, type JsonObject } from '../../../core/json.ts'
import { createPeople, type Normalisers, type OfferedHash } from '../people.ts'
import type { Twin, TwinOptions, TwinToken } from '../twin.ts'
import { createTwinApp, type TwinAnswer, type TwinRequest } from '../twin-app.ts'
import { createTwinFaults } from '../twin-faults.ts'
import { createTwinLedger } from '../twin-ledger.ts'
import { isNonEmptyText, listOf } from '../value-forms.ts'
import { randomText } from '../vendor-ids.ts'
import { createMetaAudiences, type MetaAudiences } from './meta-audiences.ts'
import { createMetaDedup, type MetaDedupOptions, type MetaOrigin } from './meta-dedup.ts'
import {
  DOWN,
  expiredToken,
  fbtraceId,
  INVALID_TOKEN,
  type MetaProblem,
  MISSING_DATA,
  MISSING_TOKEN,
  metaError,
  requestLimit,
  tooManyEvents,
  unknownPath,
  unknownPixel,
} from './meta-errors.ts'
import { eventProblem, type MetaRuleOptions, userDataOf } from './meta-rules.ts'

/** "You can send up to 1,000 events in data." */
const MAX_EVENTS = 1000

export interface MetaTwinOptions extends TwinOptions, MetaRuleOptions, MetaDedupOptions {
  readonly tokens: readonly TwinToken[]
  readonly pixelIds: readonly string[]
  /** Ad accounts whose audiences the token may change, without act_. Default none. */
  readonly adAccountIds?: readonly string[]
  /** Graph versions that are served. Default v24.0 to v26.0. */
  readonly versions?: readonly string[]
  /** Default 400, the one that a destination reading only statuses takes for a bad event. */
  readonly expiredTokenStatus?: 400 | 401
  /** Default 400, for the same reason. */
  readonly rateLimitStatus?: 400 | 403 | 429
}

/** What the pixel in a page reports; `eventID` is the fourth argument of `fbq('track', …)`. */
export interface BrowserEvent {
  readonly pixelId: string
  readonly event: string
  readonly eventID?: string
  readonly fbp?: string
  readonly externalId?: string
  readonly customData?: JsonObject
}

export interface MetaTwin extends Twin {
  readonly audiences: MetaAudiences
  /** An event of the browser pixel, which Meta counts and compares with server events. */
  pixel(event: BrowserEvent): void
}

// "Customer Information Parameters": lower case, no spaces around; phones as digits with country code, no plus or zeros.
const NORMALISERS: Normalisers = {
  email: (raw) => raw.trim().toLowerCase(),
  phone: (raw) => raw.replace(/\D/g, '').replace(/^0+/, ''),
  externalId: (raw) => raw.trim(),
}

const PEOPLE_FIELDS = [
  ['em', 'email'],
  ['ph', 'phone'],
  ['external_id', 'externalId'],
] as const

export function createMetaTwin(options: MetaTwinOptions): MetaTwin {
  const { clock, random, versions = ['v24.0', 'v25.0', 'v26.0'] } = options
  const ledger = createTwinLedger(clock)
  const faults = createTwinFaults(random)
  const dedup = createMetaDedup(clock, options)
  const people = createPeople(options.people, NORMALISERS)
  const refusal = (problem: MetaProblem) => metaError(problem, random)

  function tokenProblem(request: TwinRequest): MetaProblem | null {
    const offered = tokenOf(request)
    if (!offered) return MISSING_TOKEN
    const known = options.tokens.find(({ token }) => token === offered)
    if (!known) return INVALID_TOKEN
    const isExpired = known.expiresAt !== undefined && known.expiresAt <= clock.now()
    return isExpired ? expiredToken(options.expiredTokenStatus ?? 400) : null
  }

  function requestProblem(request: TwinRequest, version: string, pixelId: string, data: Json) {
    if (!versions.includes(version)) return unknownPath(`/${version}`)
    const token = tokenProblem(request)
    if (token) return token
    if (!options.pixelIds.includes(pixelId)) return unknownPixel(pixelId)
    if (!Array.isArray(data) || data.length === 0) return MISSING_DATA
    return data.length > MAX_EVENTS ? tooManyEvents(MAX_EVENTS) : null
  }

  function take(pixelId: string, event: JsonObject, origin: MetaOrigin) {
    if (dedup.isRepeat(pixelId, event, origin)) return ledger.repeat()
    const id = isNonEmptyText(event.event_id)
      ? event.event_id
      : `without-id-${randomText(random, 8)}`
    const pixel = options.pixelIds.length > 1 ? `${pixelId}/` : ''
    ledger.count(
      `${pixel}${String(event.event_name)}/${id}`,
      event,
      people.match(offeredHashes(event)),
    )
  }

  function receive(
    request: TwinRequest,
    [version = '', pixelId = '']: readonly string[],
  ): TwinAnswer {
    const data = (isJsonObject(request.body) ? request.body.data : undefined) ?? null
    const events = Array.isArray(data) ? (data as readonly Json[]) : []
    const problem = requestProblem(request, version, pixelId, data)
    if (problem) {
      for (const event of events) ledger.refuse(problem.reason, event)
      return refusal(problem)
    }
    const problems = events.map((event) => eventProblem(event, clock.now(), options))
    const first = problems.find((found) => found !== null)
    if (first) {
      events.forEach((event, index) => {
        ledger.refuse(problems[index]?.reason ?? 'in_refused_request', event)
      })
      return refusal(first)
    }
    for (const event of events) take(pixelId, event as JsonObject, 'server')
    return {
      status: 200,
      body: { events_received: events.length, messages: [], fbtrace_id: fbtraceId(random) },
    }
  }

  const { adAccountIds = [] } = options
  const custom = createMetaAudiences({
    clock,
    random,
    people,
    versions,
    adAccountIds,
    tokenProblem,
  })
  const { app, requests } = createTwinApp({
    clock,
    faults,
    keepRequests: options.keepRequests,
    routes: [
      { method: 'POST', path: /^\/(v\d+\.\d+)\/([^/]+)\/events\/?$/, handle: receive },
      ...custom.routes,
    ],
    edge: {
      // "X-App-Usage" carries percentages of the hourly allowance ("Rate Limits"); Graph sends no Retry-After.
      tooManyRequests: () => ({
        ...refusal(requestLimit(options.rateLimitStatus ?? 400)),
        headers: {
          'X-App-Usage': JSON.stringify({ call_count: 100, total_cputime: 25, total_time: 25 }),
        },
      }),
      serverError: () => refusal(DOWN),
      gatewayTimeout: () => ({ status: 504, body: 'upstream request timeout' }),
      notFound: (path) => refusal(unknownPath(path)),
    },
  })

  return {
    app,
    faults,
    requests,
    audiences: custom.audiences,
    counted: ledger.counted,
    refused: ledger.refused,
    summary: ledger.summary,
    pixel({ pixelId, event, eventID, fbp, externalId, customData }) {
      const userData = {
        ...(fbp === undefined ? {} : { fbp }),
        ...(externalId === undefined ? {} : { external_id: externalId }),
      }
      const asServerEvent = {
        event_name: event,
        ...(eventID === undefined ? {} : { event_id: eventID }),
        event_time: Math.floor(clock.now() / 1000),
        user_data: userData,
        custom_data: customData ?? {},
      }
      take(pixelId, asServerEvent, 'browser')
    },
  }
}

// Graph takes the token as a query parameter, in the body, or as a bearer; captures show all three accepted.
function tokenOf({ query, body, header }: TwinRequest): string | null {
  const inBody = isJsonObject(body) ? body.access_token : undefined
  const bearer = /^Bearer (.+)$/i.exec(header('Authorization') ?? '')?.[1]
  return query.get('access_token') ?? (typeof inBody === 'string' ? inBody : null) ?? bearer ?? null
}

function offeredHashes(event: JsonObject): readonly OfferedHash[] {
  const userData = userDataOf(event)
  return PEOPLE_FIELDS.flatMap(([field, kind]) =>
    listOf(userData[field]).map((hash) => ({ field, kind, hash: String(hash) })),
  )
}
