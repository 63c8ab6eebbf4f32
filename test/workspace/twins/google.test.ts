import type { JsonObject } from '../../../core/json.ts'
import {
  createGoogleTwin,
  type GoogleTwinOptions,
} from '../../../workspace/twins/google/google-twin.ts'
import { DAY_MS, expectBalanced, HOUR_MS, post, sha256, stage } from './twin-stage.ts'

const GCLID = 'Cj0KCQiA-test-click-id-0001'
const AUTH = { Authorization: 'Bearer ya29.good' }
const INGEST = '/v1/events:ingest'

function google(options: Partial<GoogleTwinOptions> = {}) {
  const staged = stage()
  const twin = createGoogleTwin({
    ...staged,
    tokens: [
      { token: 'ya29.good' },
      { token: 'ya29.short', expiresAt: staged.clock.now() + HOUR_MS },
    ],
    accountIds: ['1234567890'],
    conversionActions: [
      { id: '111', type: 'UPLOAD_CLICKS' },
      { id: '222', type: 'WEBPAGE' },
    ],
    ...options,
  })
  const at = (ageMs = 0) => new Date(staged.clock.now() - ageMs).toISOString()
  const destination = (changes: JsonObject = {}): JsonObject => ({
    operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '1234567890' },
    productDestinationId: '111',
    ...changes,
  })
  const purchase = (changes: JsonObject = {}): JsonObject => ({
    transactionId: 'order-1',
    eventTimestamp: at(),
    eventSource: 'WEB',
    currency: 'EUR',
    conversionValue: 129.95,
    userData: { userIdentifiers: [{ emailAddress: sha256('jane@example.com') }] },
    adIdentifiers: { gclid: GCLID },
    consent: { adUserData: 'CONSENT_GRANTED', adPersonalization: 'CONSENT_DENIED' },
    ...changes,
  })
  const ingest = (changes: JsonObject = {}) =>
    post(
      twin.app,
      INGEST,
      { destinations: [destination()], events: [purchase()], encoding: 'HEX', ...changes },
      AUTH,
    )
  const send = (...events: JsonObject[]) => ingest({ events })
  const status = async (requestId: string) => {
    const response = await twin.app.request(`/v1/requestStatus:retrieve?requestId=${requestId}`, {
      headers: AUTH,
    })
    return { status: response.status, body: await response.json() }
  }
  return { ...staged, twin, at, destination, purchase, ingest, send, status }
}

test('a good purchase is answered with a request id, counted once, and succeeds after processing', async () => {
  const { twin, clock, send, purchase, status } = google()
  const { status: code, body } = await send(purchase())
  expect([code, body]).toEqual([200, { requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) }])
  expect([...twin.counted().entries()]).toEqual([
    ['111/order-1', expect.objectContaining({ isMatched: true })],
  ])
  const [before] = (await status(body.requestId)).body.requestStatusPerDestination
  clock.advance(HOUR_MS)
  const [after] = (await status(body.requestId)).body.requestStatusPerDestination
  expect([before.requestStatus, after.requestStatus]).toEqual(['PROCESSING', 'SUCCESS'])
  expect(after).toMatchObject({
    destination: { productDestinationId: '111' },
    eventsIngestionStatus: { recordCount: '1' },
  })
})

test('a transaction counts once for ever; a mere repeat is accepted and fails in processing', async () => {
  const { twin, clock, send, purchase, status } = google({ processingMs: 0 })
  const event = purchase()
  await send(event)
  clock.advance(60 * DAY_MS)
  const { status: code, body } = await send(event)
  expect(code).toBe(200)
  const [found] = (await status(body.requestId)).body.requestStatusPerDestination
  expect(found).toMatchObject({
    requestStatus: 'FAILED',
    errorInfo: {
      errorCounts: [
        { recordCount: '1', reason: 'PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID' },
      ],
    },
  })
  expect(twin.summary()).toMatchObject({ received: 2, counted: 1, duplicates: 1 })
})

test('a repeat with another value restates the conversion, and is no second one', async () => {
  const { twin, clock, send, purchase, status } = google({ processingMs: 0 })
  await send(purchase())
  clock.advance(DAY_MS)
  const { body } = await send(purchase({ conversionValue: 40 }))
  const [found] = (await status(body.requestId)).body.requestStatusPerDestination
  expect(found.requestStatus).toBe('SUCCESS')
  expect([...twin.counted().values()].map(({ event }) => event.conversionValue)).toEqual([40])
  expect(twin.summary()).toMatchObject({ received: 2, counted: 1, duplicates: 1, refused: {} })
})

test('partial failure: each event has its own fate, and only the status tells', async () => {
  const { twin, send, purchase, status, at } = google({ processingMs: 0 })
  const denied = { adUserData: 'CONSENT_DENIED', adPersonalization: 'CONSENT_DENIED' }
  const { status: code, body } = await send(
    purchase(),
    purchase({ transactionId: 'old', eventTimestamp: at(91 * DAY_MS) }),
    purchase({ transactionId: 'denied', consent: denied }),
    purchase({ transactionId: 'typo', adIdentifiers: { gclid: 'oops' } }),
  )
  expect(code).toBe(200)
  const [found] = (await status(body.requestId)).body.requestStatusPerDestination
  expect(found.requestStatus).toBe('PARTIAL_SUCCESS')
  expect(found.errorInfo.errorCounts.map(({ reason }: { reason: string }) => reason)).toEqual([
    'PROCESSING_ERROR_REASON_EVENT_TOO_OLD',
    'PROCESSING_ERROR_REASON_DENIED_CONSENT',
    'PROCESSING_ERROR_REASON_INVALID_GCLID',
  ])
  expect([...twin.counted().keys()]).toEqual(['111/order-1'])
  expectBalanced(twin)
})

test('fast fail: one faulty event refuses the request whole, in Google’s own form', async () => {
  const { twin, send, purchase } = google()
  const plain = {
    userIdentifiers: [{ phoneNumber: sha256('+491') }, { emailAddress: 'jane@x.com' }],
  }
  const { status, body } = await send(purchase(), purchase({ transactionId: 'b', userData: plain }))
  expect(status).toBe(400)
  const requestId = expect.stringMatching(/^t-/)
  expect(body).toEqual({
    error: {
      code: 400,
      message: 'There was a problem with the request.',
      status: 'INVALID_ARGUMENT',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'INVALID_ARGUMENT',
          domain: 'datamanager.googleapis.com',
          metadata: { requestId },
        },
        { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId },
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [
            {
              field: 'events.events[1].user_data.user_identifiers[1]',
              description: 'The HEX encoded value is malformed.',
              reason: 'INVALID_HEX_ENCODING',
            },
          ],
        },
      ],
    },
  })
  expect(twin.summary().refused).toEqual({ IN_REFUSED_REQUEST: 1, INVALID_HEX_ENCODING: 1 })
})

const identifiers = (...userIdentifiers: JsonObject[]) => ({ userData: { userIdentifiers } })
const HASH = sha256('x')

test.each<[string, string, string, JsonObject]>([
  ['no timestamp', 'event_timestamp', 'REQUIRED_FIELD_MISSING', { eventTimestamp: null }],
  ['unix seconds', 'event_timestamp', 'INVALID_FORMAT', { eventTimestamp: 1776939330 }],
  [
    'a time without zone',
    'event_timestamp',
    'INVALID_FORMAT',
    { eventTimestamp: '2026-04-23T10:15:30' },
  ],
  [
    'the future',
    'event_timestamp',
    'EVENT_TIME_INVALID',
    { eventTimestamp: '2026-04-24T00:00:00Z' },
  ],
  ['no source', 'event_source', 'REQUIRED_FIELD_MISSING', { eventSource: null }],
  ['a wrong source', 'event_source', 'INVALID_ENUM_VALUE', { eventSource: 'web' }],
  ['a wrong currency', 'currency', 'INVALID_CURRENCY_CODE', { currency: 'eur' }],
  ['a value as text', 'conversion_value', 'INVALID_NUMBER_FORMAT', { conversionValue: '129.95' }],
  [
    'a wrong consent',
    'consent.ad_user_data',
    'INVALID_ENUM_VALUE',
    { consent: { adUserData: 'GRANTED' } },
  ],
  [
    'an unknown reference',
    'destination_references[0]',
    'INVALID_DESTINATION',
    { destinationReferences: ['x'] },
  ],
  [
    'a short hash',
    'user_data.user_identifiers[0]',
    'INVALID_SHA256_FORMAT',
    identifiers({ emailAddress: 'abc123' }),
  ],
  [
    'a hash in capitals',
    'user_data.user_identifiers[0]',
    'INVALID_HEX_ENCODING',
    identifiers({ emailAddress: HASH.toUpperCase() }),
  ],
  [
    'two in one identifier',
    'user_data.user_identifiers[0]',
    'INVALID_FORMAT',
    identifiers({ emailAddress: HASH, phoneNumber: HASH }),
  ],
  [
    'half an address',
    'user_data.user_identifiers[0]',
    'REQUIRED_FIELD_MISSING',
    identifiers({ address: { givenName: HASH } }),
  ],
  [
    'eleven identifiers',
    'user_data.user_identifiers',
    'TOO_MANY_USER_IDENTIFIERS',
    identifiers(...Array.from({ length: 11 }, () => ({ emailAddress: HASH }))),
  ],
])('%s is refused', async (_case, field, reason, changes) => {
  const { send, purchase, twin } = google()
  const { status, body } = await send(purchase(changes))
  const [violation] = body.error.details[2].fieldViolations
  expect([status, violation.field, violation.reason]).toEqual([
    400,
    `events.events[0].${field}`,
    reason,
  ])
  expect(twin.counted().size).toBe(0)
})

test('an event without click id and user data identifies nobody', async () => {
  const { send, purchase } = google()
  const { body } = await send(purchase({ userData: null, adIdentifiers: null }))
  expect(body.error.details[2].fieldViolations).toEqual([
    {
      field: 'events.events[0]',
      description: 'Events data contains no user identifiers or ad identifiers.',
      reason: 'NO_IDENTIFIERS_PROVIDED',
    },
  ])
})

test.each<[string, string, string, JsonObject]>([
  ['no destinations', 'destinations', 'REQUIRED_FIELD_MISSING', { destinations: [] }],
  ['no events', 'events.events', 'REQUIRED_FIELD_MISSING', { events: [] }],
  ['no encoding', 'encoding', 'REQUIRED_FIELD_MISSING', { encoding: null }],
  ['a wrong encoding', 'encoding', 'INVALID_ENUM_VALUE', { encoding: 'hex' }],
])('%s is refused', async (_case, field, reason, changes) => {
  const { body } = await google().ingest(changes)
  expect(body.error.details[2].fieldViolations).toContainEqual(
    expect.objectContaining({ field, reason }),
  )
})

test.each<[string, string, string, JsonObject]>([
  [
    'a resource name',
    'product_destination_id',
    'INVALID_CONVERSION_ACTION_ID',
    { productDestinationId: 'customers/1/conversionActions/111' },
  ],
  ['no account', 'operating_account', 'REQUIRED_FIELD_MISSING', { operatingAccount: null }],
  [
    'dashes in the account',
    'operating_account.account_id',
    'INVALID_NUMBER_FORMAT',
    { operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '123-456-7890' } },
  ],
  [
    'no account type',
    'operating_account.account_type',
    'REQUIRED_FIELD_MISSING',
    { operatingAccount: { accountId: '1234567890' } },
  ],
])('a destination with %s is refused', async (_case, field, reason, changes) => {
  const { ingest, destination } = google()
  const { body } = await ingest({ destinations: [destination(changes)] })
  expect(body.error.details[2].fieldViolations).toContainEqual(
    expect.objectContaining({ field: `destinations[0].${field}`, reason }),
  )
})

test('2,000 events pass and 2,001 do not', async () => {
  const { send, purchase, twin } = google()
  const many = (length: number) =>
    Array.from({ length }, (_, index) => purchase({ transactionId: `o${index}` }))
  expect((await send(...many(2001))).body.error.details[2].fieldViolations[0].reason).toBe(
    'TOO_MANY_EVENTS',
  )
  expect((await send(...many(2000))).status).toBe(200)
  expect(twin.counted().size).toBe(2000)
})

test('an unknown field is refused by the JSON parser; snake case is read', async () => {
  const { send, purchase } = google()
  const { status, body } = await send(purchase({ orderId: 'x' }))
  expect([status, body.error.status]).toEqual([400, 'INVALID_ARGUMENT'])
  expect(body.error.message).toBe(
    'Invalid JSON payload received. Unknown name "orderId" at \'events[0]\': Cannot find field.',
  )
  const { transactionId, ...rest } = purchase()
  expect((await send({ ...rest, transaction_id: transactionId })).status).toBe(200)
})

test('hashes may come in Base64', async () => {
  const { ingest, purchase, twin } = google()
  const base64 = Buffer.from(sha256('jane@example.com'), 'hex').toString('base64')
  const events = [purchase(identifiers({ emailAddress: base64 }))]
  expect((await ingest({ events, encoding: 'BASE64' })).status).toBe(200)
  expect(twin.counted().get('111/order-1')?.isMatched).toBe(true)
})

test('an additional source adjusts the tag’s conversion and is not a second one', async () => {
  const { twin, ingest, destination, purchase } = google()
  twin.tag({ conversionActionId: '222', transactionId: 'order-1' })
  const destinations = [destination({ productDestinationId: '222' })]
  expect((await ingest({ destinations })).status).toBe(200)
  expect(twin.summary()).toMatchObject({ counted: 1, duplicates: 1, refused: {} })
  const events = [purchase({ transactionId: null })]
  const { body } = await ingest({ destinations, events })
  expect(body.error.details[2].fieldViolations[0]).toMatchObject({
    field: 'events.events[0].transaction_id',
    reason: 'REQUIRED_FIELD_MISSING',
  })
})

test('without a transaction the same click at the same time counts once', async () => {
  const { twin, send, purchase } = google()
  const event = purchase({ transactionId: null })
  await send(event)
  await send(event)
  expect(twin.summary()).toMatchObject({ counted: 1, duplicates: 1 })
})

test('validateOnly tells faults and counts nothing; its id has no status', async () => {
  const { twin, ingest, status } = google()
  const { body } = await ingest({ validateOnly: true })
  expect(body.requestId).toMatch(/^v-/)
  expect(twin.summary().received).toBe(0)
  const found = await status(body.requestId)
  expect([found.status, found.body.error.details[2].fieldViolations[0].reason]).toEqual([
    400,
    'INVALID_REQUEST_ID',
  ])
})

test('authentication: missing, unknown and expired tokens, and an account out of reach', async () => {
  const { twin, clock, destination, purchase, ingest } = google()
  const body = { destinations: [destination()], events: [purchase()], encoding: 'HEX' }
  const withToken = (token: string) =>
    post(twin.app, INGEST, body, { Authorization: `Bearer ${token}` })
  expect((await withToken('ya29.short')).status).toBe(200)
  clock.advance(HOUR_MS)
  for (const answer of [
    await post(twin.app, INGEST, body),
    await withToken('x'),
    await withToken('ya29.short'),
  ]) {
    expect([answer.status, answer.body.error.status]).toEqual([401, 'UNAUTHENTICATED'])
    expect(answer.headers.get('WWW-Authenticate')).toContain('invalid_token')
  }
  const other = { operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '999' } }
  const denied = await ingest({ destinations: [destination(other)] })
  expect([denied.status, denied.body.error.status]).toEqual([403, 'PERMISSION_DENIED'])
})

test('the 301st request of a minute is refused with 429, the next minute takes more', async () => {
  const { twin, clock, send, purchase } = google()
  for (let sent = 0; sent < 300; sent += 1) await send(purchase({ transactionId: `o${sent}` }))
  const refused = await send(purchase())
  expect([refused.status, refused.body.error.status]).toEqual([429, 'RESOURCE_EXHAUSTED'])
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
  clock.advance(Number(refused.headers.get('Retry-After')) * 1000)
  expect((await send(purchase())).status).toBe(200)
  expect(twin.summary()).toMatchObject({ counted: 301, refused: { RESOURCE_EXHAUSTED: 1 } })
})

test('injected faults speak google.rpc', async () => {
  const { twin, send, purchase } = google()
  twin.faults.next('rate-limited', 'server-error', 'lost-timeout')
  const answers = [await send(purchase()), await send(purchase()), await send(purchase())]
  expect(answers.map(({ status, body }) => [status, body.error.status])).toEqual([
    [429, 'RESOURCE_EXHAUSTED'],
    [500, 'INTERNAL'],
    [504, 'DEADLINE_EXCEEDED'],
  ])
  expect(twin.counted().size).toBe(1)
})

test('Google’s published example of a normalised address matches, the address as typed does not', async () => {
  const people = [{ email: 'Cloudy.SanFrancisco+shopping@gmail.com' }]
  const { twin, send, purchase } = google({ people })
  const as = (email: string) => identifiers({ emailAddress: sha256(email) })
  await send(
    purchase({ transactionId: 'right', ...as('cloudysanfrancisco@gmail.com') }),
    purchase({ transactionId: 'wrong', ...as('cloudy.sanfrancisco+shopping@gmail.com') }),
  )
  expect([...twin.counted().values()].map(({ isMatched, notes }) => [isMatched, notes])).toEqual([
    [true, []],
    [false, ['emailAddress: not normalised before hashing']],
  ])
})
