// Google Data Manager API: audiences (google-audiences.ts), POST /v1/events:ingest and GET /v1/requestStatus:retrieve (google/ads/datamanager/v1/
// ingestion_service.proto). A 200 says only that the request was well formed: which events count, the status tells.
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import type { TwinAudiences } from '../audience-book.ts'
import { createPeople, type Normalisers, type OfferedHash } from '../people.ts'
import { createRequestRate, type RateLimit } from '../request-rate.ts'
import type { Twin, TwinOptions, TwinToken } from '../twin.ts'
import { createTwinApp, type TwinAnswer, type TwinRequest } from '../twin-app.ts'
import { createTwinFaults } from '../twin-faults.ts'
import { createTwinLedger } from '../twin-ledger.ts'
import { isNonEmptyText, listOf } from '../value-forms.ts'
import { randomText, randomUuid } from '../vendor-ids.ts'
import { createGoogleAudiences } from './google-audiences.ts'
import {
  deadlineExceeded,
  type FieldViolation,
  internalError,
  invalidArgument,
  invalidJson,
  permissionDenied,
  resourceExhausted,
  unauthenticated,
} from './google-errors.ts'
import { readRequest } from './google-fields.ts'
import {
  createGoogleProcessing,
  destinationStatus,
  type EventOutcome,
  type GoogleProcessingOptions,
} from './google-processing.ts'
import {
  destinationsOf,
  eventViolations,
  type GoogleRuleOptions,
  objectOf,
  requestViolations,
} from './google-rules.ts'

const MINUTE_MS = 60 * 1000
/** "Limits and quotas": the IngestionService takes 300 requests a minute and 100,000 a day from one project. */
const INGEST_LIMITS: readonly RateLimit[] = [
  { requests: 300, windowMs: MINUTE_MS },
  { requests: 100_000, windowMs: 24 * 60 * MINUTE_MS },
]

export interface GoogleTwinOptions extends TwinOptions, GoogleRuleOptions, GoogleProcessingOptions {
  /** OAuth access tokens with the scope https://www.googleapis.com/auth/datamanager. */
  readonly tokens: readonly TwinToken[]
  /** Members without both consent signals granted are dropped while processing. Default true. */
  readonly consentRequired?: boolean
  /** How long a status says PROCESSING. UNVERIFIED; what counts is decided at once. Default 30 minutes. */
  readonly processingMs?: number
}

export interface GoogleTwin extends Twin {
  readonly audiences: TwinAudiences
  /** A conversion reported by the Google tag in a page, which an event of a WEBPAGE action with its id adjusts. */
  tag(conversion: { readonly conversionActionId: string; readonly transactionId: string }): void
}

interface IngestedRequest {
  readonly at: number
  readonly destinations: readonly {
    readonly destination: Json
    readonly outcomes: EventOutcome[]
  }[]
}

// "Format user data": lower case, no spaces; dots and what follows a plus go from gmail.com and googlemail.com addresses;
// phones in E.164 with the plus.
const NORMALISERS: Normalisers = {
  email(raw) {
    const address = raw.replace(/\s/g, '').toLowerCase()
    const [name = '', domain = ''] = address.split('@')
    return /^(gmail|googlemail)\.com$/.test(domain)
      ? `${name.replace(/\+.*$/, '').replaceAll('.', '')}@${domain}`
      : address
  },
  phone: (raw) => `+${raw.replace(/\D/g, '').replace(/^0+/, '')}`,
  externalId: (raw) => raw,
}

export function createGoogleTwin(options: GoogleTwinOptions): GoogleTwin {
  const { clock, random, processingMs = 30 * MINUTE_MS } = options
  const ledger = createTwinLedger(clock)
  const faults = createTwinFaults(random)
  const people = createPeople(options.people, NORMALISERS)
  const rate = createRequestRate(clock, INGEST_LIMITS)
  const processing = createGoogleProcessing(clock, options)
  const ingested = new Map<string, IngestedRequest>()

  function authProblem({ header }: TwinRequest): TwinAnswer | null {
    const bearer = /^Bearer (.+)$/i.exec(header('Authorization') ?? '')?.[1]
    const known = options.tokens.find(({ token }) => token === bearer)
    if (!known) return unauthenticated('CREDENTIALS_MISSING')
    const isExpired = known.expiresAt !== undefined && known.expiresAt <= clock.now()
    return isExpired ? unauthenticated('ACCESS_TOKEN_EXPIRED') : null
  }

  function isPermitted(request: JsonObject) {
    return listOf(request.destinations).every((destination) => {
      const accountId = objectAt(destination, 'operatingAccount')?.accountId
      return !isNonEmptyText(accountId) || options.accountIds.includes(accountId)
    })
  }

  function refuseAll(
    events: readonly Json[],
    reasonOf: (index: number) => string,
    answer: TwinAnswer,
  ) {
    events.forEach((event, index) => {
      ledger.refuse(reasonOf(index), event)
    })
    return answer
  }

  function ingest(http: TwinRequest): TwinAnswer {
    const source = isJsonObject(http.body) ? http.body : {}
    const sent = listOf(source.events)
    const auth = authProblem(http)
    if (auth) return refuseAll(sent, () => 'UNAUTHENTICATED', auth)
    const { exceeded, retryAfterSeconds } = rate.take()
    if (exceeded) {
      return refuseAll(sent, () => 'RESOURCE_EXHAUSTED', resourceExhausted(retryAfterSeconds))
    }
    if (!http.isJson) return invalidJson([])
    const { request, violations } = readRequest(source)
    if (violations.length > 0)
      return refuseAll(sent, () => 'UNKNOWN_FIELD', invalidJson(violations))
    return accept(request, listOf(request.events))
  }

  function accept(request: JsonObject, events: readonly Json[]): TwinAnswer {
    const general = requestViolations(request, options)
    const own = events.map((event, index) =>
      eventViolations(event, index, request, options, clock.now()),
    )
    const all: readonly FieldViolation[] = [...general, ...own.flat()]
    if (all.length > 0) {
      const reasonOf = (index: number) =>
        (own[index]?.[0] ?? general[0])?.reason ?? 'IN_REFUSED_REQUEST'
      return refuseAll(events, reasonOf, invalidArgument(all, random))
    }
    if (!isPermitted(request)) {
      return refuseAll(events, () => 'PERMISSION_DENIED', permissionDenied(random))
    }
    // Captures show `v-` before the id of a validated request; such an id has no status.
    if (request.validateOnly === true) {
      return { status: 200, body: { requestId: `v-${randomUuid(random)}` } }
    }
    return { status: 200, body: { requestId: process(request, events) } }
  }

  function process(request: JsonObject, events: readonly Json[]): string {
    const destinations = listOf(request.destinations).map((destination) => ({
      destination,
      id: objectOf(destination).productDestinationId,
      outcomes: [] as EventOutcome[],
    }))
    for (const event of events.map(objectOf)) {
      const outcomes = destinationsOf(event, request, options).map((action) => {
        const outcome = processing.process(event, request, action)
        destinations.find(({ id }) => id === action.id)?.outcomes.push(outcome)
        return { action, outcome }
      })
      settle(event, outcomes)
    }
    const requestId = randomUuid(random)
    ingested.set(requestId, { at: clock.now(), destinations })
    return requestId
  }

  // The books hold one line for an event: it counts when any of its conversion actions counts it.
  function settle(
    event: JsonObject,
    outcomes: readonly {
      readonly action: { readonly id: string }
      readonly outcome: EventOutcome
    }[],
  ) {
    const counting = outcomes.find(({ outcome }) => outcome.kind === 'counted')
    if (counting) {
      const id = isNonEmptyText(event.transactionId)
        ? event.transactionId
        : `without-id-${randomText(random, 8)}`
      ledger.count(`${counting.action.id}/${id}`, event, people.match(offeredHashes(event)))
      return
    }
    const adjusting = outcomes.find(({ outcome }) => outcome.kind === 'adjusted')
    if (adjusting) return ledger.amend(`${adjusting.action.id}/${event.transactionId}`, event)
    const failed = outcomes.map(({ outcome }) => outcome).find(({ kind }) => kind === 'failed')
    const reason = failed?.kind === 'failed' ? failed.reason : ''
    if (reason.includes('_DUPLICATE_')) ledger.repeat()
    else ledger.refuse(reason, event)
  }

  function retrieve(http: TwinRequest): TwinAnswer {
    const auth = authProblem(http)
    if (auth) return auth
    const found = ingested.get(http.query.get('requestId') ?? http.query.get('request_id') ?? '')
    if (!found) {
      const description = 'The request ID used to retrieve the status of a request is not valid.'
      const field = 'request_id'
      return invalidArgument([{ field, description, reason: 'INVALID_REQUEST_ID' }], random)
    }
    const isProcessing = clock.now() - found.at < processingMs
    return {
      status: 200,
      body: {
        requestStatusPerDestination: found.destinations.map(({ destination, outcomes }) =>
          destinationStatus(destination, outcomes, isProcessing),
        ),
      },
    }
  }

  function admit(http: TwinRequest): TwinAnswer | null {
    const auth = authProblem(http)
    if (auth) return auth
    const { exceeded, retryAfterSeconds } = rate.take()
    return exceeded ? resourceExhausted(retryAfterSeconds) : null
  }

  const lists = createGoogleAudiences({
    clock,
    random,
    people,
    accountIds: options.accountIds,
    consentRequired: options.consentRequired ?? true,
    admit,
  })
  const { app, requests } = createTwinApp({
    clock,
    faults,
    keepRequests: options.keepRequests,
    routes: [
      { method: 'POST', path: /^\/v1\/events:ingest$/, handle: ingest },
      { method: 'GET', path: /^\/v1\/requestStatus:retrieve$/, handle: retrieve },
      ...lists.routes,
    ],
    edge: {
      tooManyRequests: resourceExhausted,
      serverError: () => internalError(random),
      gatewayTimeout: () => deadlineExceeded(random),
      notFound: (path) => ({
        status: 404,
        body: `<!DOCTYPE html><title>Error 404 (Not Found)!!1</title><p>The requested URL <code>${path}</code> was not found on this server.`,
      }),
    },
  })

  return {
    app,
    faults,
    requests,
    audiences: lists.audiences,
    counted: ledger.counted,
    refused: ledger.refused,
    summary: ledger.summary,
    tag({ conversionActionId, transactionId }) {
      if (!processing.tag(conversionActionId, transactionId)) return ledger.repeat()
      ledger.count(`${conversionActionId}/${transactionId}`, { transactionId })
    },
  }
}

function offeredHashes(event: JsonObject): readonly OfferedHash[] {
  const identifiers = listOf(objectAt(event, 'userData')?.userIdentifiers).map(objectOf)
  return identifiers.flatMap(({ emailAddress, phoneNumber }) => [
    ...hashAs('emailAddress', 'email', emailAddress),
    ...hashAs('phoneNumber', 'phone', phoneNumber),
  ])
}

// Base64 digests are compared in hexadecimal.
function hashAs(field: string, kind: 'email' | 'phone', value: Json | undefined): OfferedHash[] {
  if (typeof value !== 'string') return []
  const isHex = /^[0-9a-f]{64}$/.test(value)
  return [{ field, kind, hash: isHex ? value : Buffer.from(value, 'base64').toString('hex') }]
}
