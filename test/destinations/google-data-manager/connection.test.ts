// Tokens, the test of the settings, and diagnostics.
import { createRequestClient } from '@segment/actions-core'
import definition from '../../../destinations/google-data-manager/index.ts'
import { retrieveRequestStatus } from '../../../destinations/google-data-manager/request-status.ts'
import { json, type RecordingServer, startRecordingServer } from '../../support/recording-server.ts'
import { hostOf, rejectionOf } from './host.ts'

let server: RecordingServer
beforeEach(async () => {
  server = await startRecordingServer(json(200, { requestId: 'dm-1' }))
})
afterEach(() => server.close())

const own = () => ({
  operating_account_id: '1234567890',
  conversion_actions: 'purchase=111',
  base_url: server.url,
  token_url: `${server.url}/token`,
})
const oauth = () => ({
  access_token: 'ya29.old',
  refresh_token: '1//refresh',
  clientId: 'client',
  clientSecret: 'client-secret',
})
const event = { type: 'track', id: 'a' }
const subscription = () => ({
  subscribe: 'type = "track"',
  partnerAction: 'uploadConversion',
  mapping: {
    conversion: 'purchase',
    transaction_id: { '@path': '$.id' },
    occurred_at: '2026-04-23T10:15:30.000Z',
    gclid: 'g',
  },
})

test('a token that has run out is renewed once, and the event leaves with the new one', async () => {
  server.next(
    json(401, { error: { code: 401, status: 'UNAUTHENTICATED' } }),
    json(200, { access_token: 'ya29.new', expires_in: 3599, token_type: 'Bearer' }),
  )
  const renewed: unknown[] = []
  await hostOf(definition).onEvent(
    event,
    { ...own(), oauth: oauth(), subscription: subscription() },
    { onTokenRefresh: (tokens: unknown) => void renewed.push(tokens) },
  )
  const [first, token, second] = server.requests
  expect(first?.headers.authorization).toBe('Bearer ya29.old')
  expect(token?.path).toBe('/token')
  expect(token?.headers).not.toHaveProperty('authorization')
  expect(token?.headers['content-type']).toContain('application/x-www-form-urlencoded')
  expect(Object.fromEntries(new URLSearchParams(token?.body.toString()))).toEqual({
    client_id: 'client',
    client_secret: 'client-secret',
    refresh_token: '1//refresh',
    grant_type: 'refresh_token',
  })
  expect(second?.headers.authorization).toBe('Bearer ya29.new')
  expect(renewed).toEqual([{ accessToken: 'ya29.new' }])
})

test('without a token none is asked for in vain: it is renewed first', async () => {
  server.next(json(200, { access_token: 'ya29.new' }))
  const { access_token: _, ...none } = oauth()
  await hostOf(definition).onEvent(event, { ...own(), oauth: none, subscription: subscription() })
  expect(server.requests.map(({ path }) => path)).toEqual(['/token', '/v1/events:ingest'])
})

test.each([
  [
    'a revoked connection',
    json(400, { error: 'invalid_grant' }),
    { status: 401, code: 'REFRESH_TOKEN_EXPIRED' },
  ],
  ['an outage', json(503, {}, { 'Retry-After': '9' }), { status: 503, retryAfterMs: 9000 }],
])('%s while renewing', async (_, answer, wanted) => {
  server.next(json(401, {}), answer)
  const failure = await rejectionOf(
    hostOf(definition).onEvent(event, { ...own(), oauth: oauth(), subscription: subscription() }),
  )
  expect(failure).toMatchObject(wanted)
  expect(JSON.stringify(failure)).not.toContain('client-secret')
})

describe('testAuthentication()', () => {
  const run = () => hostOf(definition).testAuthentication({ ...own(), oauth: oauth() })

  test('sends a conversion that is only validated', async () => {
    await run()
    expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toMatchObject({
      validateOnly: true,
      destinations: [{ productDestinationId: '111' }],
    })
  })

  test('does not mind what Google says of the sample', async () => {
    server.next(json(400, { error: { status: 'INVALID_ARGUMENT' } }))
    await run()
  })

  test.each([
    ['credentials', json(401, { error: { status: 'UNAUTHENTICATED' } })],
    ['rights', json(403, { error: { status: 'PERMISSION_DENIED' } })],
  ])('rejects wrong %s', async (_, answer) => {
    server.next(answer)
    expect((await rejectionOf(run())).message).toContain('Credentials are invalid')
  })
})

test('retrieveRequestStatus() reads what became of a request', async () => {
  server.next(
    json(200, {
      requestStatusPerDestination: [
        {
          requestStatus: 'PARTIAL_SUCCESS',
          eventsIngestionStatus: { recordCount: '3' },
          errorInfo: {
            errorCounts: [{ recordCount: '1', reason: 'PROCESSING_ERROR_REASON_INVALID_GCLID' }],
          },
        },
      ],
    }),
  )
  const request = createRequestClient()
  expect(await retrieveRequestStatus(request, own(), 'ya29.access', 'dm/1')).toEqual({
    state: 'partly_succeeded',
    recordCount: 3,
    errors: { PROCESSING_ERROR_REASON_INVALID_GCLID: 1 },
    warnings: {},
  })
  expect(server.requests[0]?.path).toBe('/v1/requestStatus:retrieve?requestId=dm%2F1')
})
