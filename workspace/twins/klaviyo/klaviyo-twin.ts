// Klaviyo: events one by one and in bulk, and the profile and list calls that the package's destination makes. Answers to
// events are 202 without a body: "validated and submitted for processing, but does not guarantee that processing is complete".
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import { createDedupWindow } from '../dedup-window.ts'
import { createRequestRate, type RateLimit, type RequestRate } from '../request-rate.ts'
import type { Twin, TwinOptions } from '../twin.ts'
import { createTwinApp, type TwinAnswer, type TwinRequest, type TwinRoute } from '../twin-app.ts'
import { createTwinFaults } from '../twin-faults.ts'
import { createTwinLedger } from '../twin-ledger.ts'
import { isNonEmptyText, listOf } from '../value-forms.ts'
import {
  invalidInput,
  type KlaviyoFault,
  notAuthenticated,
  notFound,
  serverError,
  throttled,
} from './klaviyo-errors.ts'
import { createKlaviyoProfiles, type KlaviyoProfile } from './klaviyo-profiles.ts'
import { eventFaults, fault, missing, profileOf } from './klaviyo-rules.ts'
import { createProfileRoutes } from './profile-routes.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
/** "Up to 1,000 events" a bulk request, 5 MB a payload. */
const MAX_BULK_EVENTS = 1000
const MAX_BODY_BYTES = 5_000_000

/** Burst and steady: XL is documented for Create Event; M for bulk events and L for profiles are UNVERIFIED. */
const LIMITS = {
  xl: limits(350, 3500),
  l: limits(75, 700),
  m: limits(10, 150),
} as const

function limits(burst: number, steady: number): readonly [RateLimit, RateLimit] {
  return [
    { requests: burst, windowMs: SECOND_MS },
    { requests: steady, windowMs: MINUTE_MS },
  ]
}

export interface KlaviyoTwinOptions extends TwinOptions {
  /** Private keys (`pk_…`). */
  readonly apiKeys: readonly string[]
  /** Lists by id. */
  readonly lists?: Readonly<Record<string, string>>
}

export interface KlaviyoTwin extends Twin {
  profiles(): readonly KlaviyoProfile[]
  /** Ids of the profiles on a list. */
  members(listId: string): readonly string[]
}

/** An event whose request was found faultless, with its profile. */
interface SoundEvent {
  readonly event: JsonObject
  readonly profile: JsonObject
}

export function createKlaviyoTwin(options: KlaviyoTwinOptions): KlaviyoTwin {
  const { clock, random } = options
  const ledger = createTwinLedger(clock)
  const faults = createTwinFaults(random)
  const profiles = createKlaviyoProfiles(random)
  // "If the unique_id is repeated for the same profile and metric, only the first processed event will be recorded."
  const seen = createDedupWindow(clock, null)
  const lists = new Map(
    Object.entries(options.lists ?? {}).map(([id, name]) => [
      id,
      { name, members: new Set<string>() },
    ]),
  )

  function take({ event, profile }: SoundEvent) {
    const attributes = objectAt(event, 'attributes') ?? {}
    const metric = String(
      objectAt(objectAt(objectAt(attributes, 'metric'), 'data'), 'attributes')?.name,
    )
    const { id } = profiles.upsert(profile)
    const { time, unique_id: given } = attributes
    const at = typeof time === 'string' ? Date.parse(time) : clock.now()
    // "If this is not present, this will use the time to the second."
    const uniqueId = isNonEmptyText(given) ? given : String(Math.floor(at / SECOND_MS))
    const key = `${id}/${metric}/${uniqueId}`
    if (seen.has(key)) return ledger.repeat()
    seen.remember(key)
    ledger.count(`${metric}/${uniqueId}`, { ...event, profile })
  }

  function refuse(events: readonly Json[], reason: string) {
    for (const event of events) ledger.refuse(reason, event)
  }

  function createEvent({ body }: TwinRequest): TwinAnswer {
    const event = (isJsonObject(body) ? body.data : undefined) ?? null
    const { profile, faults: wrong } = profileOf(
      objectAt(event, 'attributes') ?? {},
      '/data/attributes/profile',
    )
    const found = [...eventFaults(event, '/data', clock.now()), ...wrong]
    const [first] = found
    if (first || !profile) {
      refuse([event], first?.reason ?? 'invalid_profile')
      return invalidInput(found, random)
    }
    take({ event: event as JsonObject, profile })
    return { status: 202 }
  }

  function bulkCreateEvents({ body, byteLength }: TwinRequest): TwinAnswer {
    const base = '/data/attributes/events-bulk-create/data'
    const bulk = objectAt(objectAt(objectAt(body, 'data'), 'attributes'), 'events-bulk-create')
    const entries = listOf(bulk?.data)
    const read = entries.map((entry, index) => readEntry(entry, `${base}/${index}/attributes`))
    const events = read.flatMap((entry) => entry.events)
    const found = [
      ...bulkFaults(body, events.length, byteLength, base),
      ...read.flatMap((entry) => entry.faults),
    ]
    const [first] = found
    if (first) {
      for (const entry of read)
        refuse(entry.events, entry.faults[0]?.reason ?? 'in_refused_request')
      return invalidInput(found, random)
    }
    for (const { events: own, profile } of read) {
      if (profile) for (const event of own) take({ event: event as JsonObject, profile })
    }
    return { status: 202 }
  }

  function readEntry(entry: Json, pointer: string) {
    const attributes = objectAt(entry, 'attributes') ?? {}
    const events = listOf(objectAt(attributes, 'events')?.data)
    const { profile, faults: wrong } = profileOf(attributes, `${pointer}/profile`)
    const own = events.flatMap((event, index) =>
      eventFaults(event, `${pointer}/events/data/${index}`, clock.now()),
    )
    const empty = events.length === 0 ? [missing('events', `${pointer}/events`)] : []
    return { events, profile, faults: [...wrong, ...own, ...empty] }
  }

  const guard = createGuard(options, (answer, body) => {
    const reason = answer.status === 401 ? 'not_authenticated' : `status_${answer.status}`
    refuse(eventsOf(body), answer.status === 429 ? 'throttled' : reason)
  })

  const { app, requests } = createTwinApp({
    clock,
    faults,
    keepRequests: options.keepRequests,
    routes: [
      guard(LIMITS.xl, { method: 'POST', path: /^\/api\/events\/?$/, handle: createEvent }),
      guard(LIMITS.m, {
        method: 'POST',
        path: /^\/api\/event-bulk-create-jobs\/?$/,
        handle: bulkCreateEvents,
      }),
      ...createProfileRoutes({ profiles, lists, random }).map((route) => guard(LIMITS.l, route)),
    ],
    edge: {
      tooManyRequests: (seconds) => throttled(seconds, random),
      serverError: () => serverError(random),
      gatewayTimeout: () => ({
        status: 504,
        body: '<html><body>504 Gateway Time-out</body></html>',
      }),
      notFound: () => notFound('The requested resource was not found.', random),
    },
  })

  return {
    app,
    faults,
    requests,
    counted: ledger.counted,
    refused: ledger.refused,
    summary: ledger.summary,
    profiles: profiles.list,
    members: (listId) => [...(lists.get(listId)?.members ?? [])],
  }
}

// Key, revision and rate, before a route sees the request; and the rate's state on every answer but 429.
function createGuard(
  { clock, random, apiKeys }: KlaviyoTwinOptions,
  onRefused: (answer: TwinAnswer, body: Json | undefined) => void,
) {
  function problem(http: TwinRequest, rate: RequestRate): TwinAnswer | null {
    const key = /^Klaviyo-API-Key (.+)$/.exec(http.header('Authorization') ?? '')?.[1]
    if (!key || !apiKeys.includes(key)) return notAuthenticated(random)
    const { exceeded, retryAfterSeconds } = rate.take()
    if (exceeded) return throttled(retryAfterSeconds, random)
    // "API versioning and deprecation policy": a date. UNVERIFIED words.
    if (!/^\d{4}-\d{2}-\d{2}(\.pre)?$/.test(http.header('revision') ?? '')) {
      return invalidInput(
        [fault('missing_revision', '/data/', 'A valid revision header is required.')],
        random,
      )
    }
    return null
  }

  return (own: readonly [RateLimit, RateLimit], route: TwinRoute): TwinRoute => {
    const rate = createRequestRate(clock, own)
    return {
      ...route,
      handle(http, params) {
        const refused = problem(http, rate)
        if (refused) onRefused(refused, http.body)
        const answer = refused ?? route.handle(http, params)
        return answer.status === 429 ? answer : withRateHeaders(answer, own, rate)
      },
    }
  }
}

// "All non-rate-limited responses contain … the state of the steady rate limit window." UNVERIFIED form of the first.
function withRateHeaders(
  answer: TwinAnswer,
  [burst, steady]: readonly [RateLimit, RateLimit],
  rate: RequestRate,
): TwinAnswer {
  const { remaining, resetSeconds } = rate.state(steady)
  return {
    ...answer,
    headers: {
      ...answer.headers,
      'RateLimit-Limit': `${burst.requests}, ${burst.requests};w=1, ${steady.requests};w=60`,
      'RateLimit-Remaining': String(remaining),
      'RateLimit-Reset': String(resetSeconds),
    },
  }
}

function bulkFaults(
  body: Json | undefined,
  eventCount: number,
  byteLength: number,
  pointer: string,
): readonly KlaviyoFault[] {
  const found: KlaviyoFault[] = []
  if (objectAt(body, 'data')?.type !== 'event-bulk-create-job') {
    const detail = "The resource type must be 'event-bulk-create-job'."
    found.push(fault('wrong_type', '/data/type', detail))
  }
  if (eventCount === 0) found.push(missing('data', pointer))
  if (eventCount > MAX_BULK_EVENTS) {
    found.push(
      fault('too_many_events', pointer, `A maximum of ${MAX_BULK_EVENTS} events is allowed.`),
    )
  }
  if (byteLength > MAX_BODY_BYTES) {
    found.push(fault('body_too_large', '/data', 'The payload must not exceed 5 MB.'))
  }
  return found
}

/** The events of a request that no route has read. */
function eventsOf(body: Json | undefined): readonly Json[] {
  const data = objectAt(body, 'data')
  if (data?.type === 'event') return [data]
  const bulk = objectAt(objectAt(data, 'attributes'), 'events-bulk-create')
  return listOf(bulk?.data).flatMap((entry) =>
    listOf(objectAt(objectAt(entry, 'attributes'), 'events')?.data),
  )
}
