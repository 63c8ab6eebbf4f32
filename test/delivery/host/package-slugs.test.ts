// Definitions of the package as they stand, each sending an order through the host to a real server.
import type { JsonObject } from '../../../core/json.ts'
import { createTransport } from '../../../delivery/transport.ts'
import { json, type RecordingServer, startRecordingServer } from '../../support/recording-server.ts'
import { catchAll, deliver } from './stage.ts'

const transport = createTransport({ allowPrivateAddresses: true })
let server: RecordingServer
beforeEach(async () => {
  server = await startRecordingServer(json(200, { code: 0, message: 'OK', id: 'x' }))
})
afterEach(() => server.close())
afterAll(() => transport.close())

const path = (at: string): JsonObject => ({ '@path': at })
const ID = path('$.properties.event_id')
const USER = path('$.canonical_user_id')
const AT = path('$.occurred_at')
const NAME = path('$.segment_event')
const PROPERTIES = path('$.properties')
const VALUE = path('$.properties.value')
const EURO = path('$.properties.currency')
const EMAIL = path('$.user.email')
const ADD = { __segment_internal_sync_mode: 'add' }
const TOKEN = { access_token: 'long-lived-token' }

interface Row {
  readonly to: string
  readonly settings: Readonly<Record<string, string>>
  readonly mapping: JsonObject
  /** Host and path that the vendor's documentation names. */
  readonly at: string | RegExp
}

const ROWS: readonly Row[] = [
  {
    to: 'mixpanel/trackEvent',
    settings: { projectToken: 'project-token', apiSecret: 'api-secret' },
    mapping: { event: NAME, insert_id: ID, distinct_id: USER, time: AT },
    at: '/api.mixpanel.com/import?strict=1',
  },
  {
    to: 'amplitude/logEventV2',
    settings: { apiKey: 'api-key-1', secretKey: 'secret-1' },
    mapping: { event_type: NAME, user_id: USER, insert_id: ID, time: AT },
    at: '/api2.amplitude.com/2/httpapi',
  },
  {
    to: 'heap/trackEvent',
    settings: { appId: '123' },
    mapping: { message_id: ID, identity: USER, event: NAME, name: NAME, type: 'track' },
    at: '/heapanalytics.com/api/integrations/track',
  },
  {
    to: 'fullstory/trackEventV2',
    settings: { apiKey: 'na1.secret' },
    mapping: { name: NAME, uid: USER, properties: PROPERTIES },
    at: '/api.fullstory.com/v2/events',
  },
  {
    to: 'braze/trackEvent2',
    settings: { api_key: 'braze-key', endpoint: 'https://rest.fra-01.braze.eu' },
    mapping: { name: NAME, time: AT, external_id: USER, ...ADD },
    at: '/rest.fra-01.braze.eu/users/track',
  },
  {
    to: 'iterable/trackEvent',
    settings: { apiKey: 'iterable-key' },
    mapping: { eventName: NAME, email: EMAIL, id: ID },
    at: '/api.iterable.com/api/events/track',
  },
  {
    to: 'customerio/trackEvent',
    settings: { siteId: 'site-id', apiKey: 'api-key-1' },
    mapping: { name: NAME, person_id: USER, event_id: ID },
    at: '/track.customer.io/api/v2/entity',
  },
  {
    to: 'intercom/trackEvent',
    settings: TOKEN,
    mapping: { event_name: NAME, created_at: AT, user_id: USER },
    at: '/api.intercom.io/events',
  },
  {
    to: 'hubspot/sendCustomBehavioralEvent',
    settings: TOKEN,
    mapping: { eventName: 'pe1_order', email: EMAIL, occurredAt: AT },
    at: '/api.hubapi.com/events/v3/send',
  },
  {
    to: 'actions-google-analytics-4/purchase',
    settings: { apiSecret: 'ga-secret', measurementId: 'G-1' },
    mapping: {
      client_id: path('$.anonymous_id'),
      currency: EURO,
      value: VALUE,
      transaction_id: ID,
      items: [{ item_id: 'SKU-481' }],
    },
    at: /^\/www\.google-analytics\.com\/mp\/collect\?/,
  },
  {
    to: 'facebook-conversions-api/purchase2',
    settings: { pixelId: '77', ACTIONS_FB_CAPI_SYSTEM_USER_TOKEN: 'meta-token' },
    mapping: {
      action_source: 'email',
      event_time: AT,
      event_id: ID,
      currency: EURO,
      value: VALUE,
      user_data: { email: EMAIL },
      ...ADD,
    },
    at: /^\/graph\.facebook\.com\/v[\d.]+\/77\/events/,
  },
  {
    to: 'tiktok-conversions/reportWebEvent',
    settings: { accessToken: 'tiktok-token', pixelCode: 'C1' },
    mapping: { event: 'CompletePayment', event_id: ID, timestamp: AT, email: EMAIL },
    at: /^\/business-api\.tiktok\.com\/open_api\/v1\.3\//,
  },
  {
    to: 'pinterest-conversions/reportConversionEvent',
    settings: { ad_account_id: '1', conversion_token: 'pinterest-token' },
    mapping: {
      event_name: 'checkout',
      action_source: 'web',
      event_time: AT,
      event_id: ID,
      app_name: 'shop',
      user_data: { email: [EMAIL] },
    },
    at: '/api.pinterest.com/v5/ad_accounts/1/events',
  },
  {
    to: 'reddit-conversions-api/standardEvent',
    settings: { ad_account_id: 't2_1', conversion_token: 'reddit-token' },
    mapping: {
      event_at: AT,
      tracking_type: 'Purchase',
      conversion_id: ID,
      user: { email: EMAIL },
      event_metadata: { conversion_id: ID, currency: EURO, value_decimal: VALUE },
    },
    at: /^\/ads-api\.reddit\.com\/api\/v2\.0\/conversions\/events\/t2_1/,
  },
  {
    to: 'snap-conversions-api/reportConversionEvent',
    settings: { ...TOKEN, pixel_id: 'pixel-1' },
    mapping: {
      event_name: 'PURCHASE',
      event_time: AT,
      event_id: ID,
      action_source: 'website',
      event_source_url: 'https://shop.example/thanks',
      user_data: { email: EMAIL },
    },
    at: /^\/tr\.snapchat\.com\/v3\/pixel-1\/events/,
  },
  {
    to: 'posthog/event',
    settings: { api_key: 'posthog-key', project_id: '1', endpoint: 'https://eu.i.posthog.com' },
    mapping: {
      event_type: 'track',
      event_name: NAME,
      distinct_id: USER,
      timestamp: AT,
      properties: PROPERTIES,
      anonymous_event_capture: false,
      enable_batching: false,
    },
    at: /^\/eu\.i\.posthog\.com\//,
  },
  {
    to: 'june/track',
    settings: { apiKey: 'june-key' },
    mapping: { event: NAME, timestamp: AT, messageId: ID, userId: USER },
    at: '/api.june.so/api/track',
  },
  {
    to: 'loops/sendEvent',
    settings: { apiKey: 'loops-key' },
    mapping: { eventName: NAME, userId: USER, email: EMAIL },
    at: '/app.loops.so/api/v1/events/send',
  },
  {
    to: 'slack/postToChannel',
    settings: {},
    mapping: { url: 'https://hooks.slack.com/services/T/B/x', text: NAME },
    at: '/hooks.slack.com/services/T/B/x',
  },
  {
    to: 'ripe/track',
    settings: { apiKey: 'ripe-key' },
    mapping: { event: NAME, userId: USER, messageId: ID, timestamp: AT },
    at: /track$/,
  },
  {
    to: 'attentive/customEvents',
    settings: { apiKey: 'attentive-key' },
    mapping: {
      type: NAME,
      userIdentifiers: { email: EMAIL },
      externalEventId: ID,
      occurredAt: AT,
      properties: { order_id: path('$.properties.order_id') },
    },
    at: '/api.attentivemobile.com/v1/events/custom',
  },
  {
    to: 'vwo/trackEvent',
    settings: { vwoAccountId: '123456' },
    mapping: { name: NAME, vwoUuid: USER, timestamp: AT, page: { url: 'https://shop.example' } },
    at: /^\/dev\.visualwebsiteoptimizer\.com\/events\/t/,
  },
  {
    to: 'actions-webhook/send',
    settings: { sharedSecret: 'shared-secret' },
    mapping: { url: 'https://hook.example/in', method: 'PUT', data: PROPERTIES },
    at: '/hook.example/in',
  },
]

test.each(ROWS)('$to sends an order', async ({ to, settings, mapping, at }) => {
  const [definition = '', action = ''] = to.split('/')
  const send = catchAll(transport, server.url)
  const [result] = await deliver({ definition, action, settings, mapping, transport: send })

  expect(result).toMatchObject({ kind: 'delivered' })
  const [request] = server.requests
  if (at instanceof RegExp) expect(request?.path).toMatch(at)
  else expect(request?.path).toBe(at)
  expect(request?.headers['user-agent']).toBe('TrackLayer')
  const sent = `${request?.path} ${JSON.stringify(request?.headers)} ${request?.body}`
  expect(sent).not.toMatch(/undefined|\[object Object\]|Segment \(Actions\)/)
})
