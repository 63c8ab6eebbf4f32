// Google Ads conversions through the Data Manager API, which took the place of the Google Ads API's uploads for new
// adopters on 15 June 2026. No developer token; OAuth scope https://www.googleapis.com/auth/datamanager.
import { type DestinationDefinition, defaultValues } from '@segment/actions-core'
import { DEFAULT_TOKEN_URL, refreshAccessToken } from './access-token.ts'
import { failureOf, isSettingsFault } from './failure.ts'
import type { Settings } from './generated-types.ts'
import { DEFAULT_BASE_URL, isOk, post } from './ingest.ts'
import restateConversion from './restate-conversion/index.ts'
import { rpcStatusOf } from './rpc-status.ts'
import { destinationOf } from './settings-rules.ts'
import uploadConversion from './upload-conversion/index.ts'

const definition: DestinationDefinition<Settings> = {
  // ajv's schema key: no spaces (facts/destinations.md 0.1).
  name: 'TrackLayer-Google-Data-Manager',
  slug: 'google-data-manager',
  mode: 'cloud',
  description: 'Google Ads conversions through the Data Manager API.',
  authentication: {
    scheme: 'oauth2',
    fields: {
      operating_account_id: {
        label: 'Operating account id',
        description: 'The Google Ads account that owns the conversion actions, e.g. 123-456-7890.',
        type: 'string',
        required: true,
      },
      login_account_id: {
        label: 'Login account id',
        description:
          'The manager account through which the connected Google user reaches the operating account. Empty when the user has direct access.',
        type: 'string',
      },
      conversion_actions: {
        label: 'Conversion actions',
        description:
          'Which conversion action counts which conversion: name=id, separated by commas, e.g. purchase=123456789, lead=987654321.',
        type: 'string',
      },
      conversion_action_id: {
        label: 'Other conversions',
        description: 'Conversion action for conversions that "Conversion actions" does not name.',
        type: 'string',
      },
      merchant_id: {
        label: 'Merchant Center id',
        description: 'Merchant Center account whose product ids the carts use.',
        type: 'string',
      },
      merchant_feed_label: {
        label: 'Feed label',
        description: 'Feed label (formerly country) of the Merchant Center feed.',
        type: 'string',
      },
      merchant_feed_language_code: {
        label: 'Feed language',
        description: 'Language of the Merchant Center feed, ISO 639-1, e.g. de.',
        type: 'string',
      },
      validate_only: {
        label: 'Validate only',
        description: 'Google checks each request and counts nothing. For trying a set-up out.',
        type: 'boolean',
        default: false,
      },
      base_url: {
        label: 'API address',
        description: 'Where the API is; another address only for tests.',
        type: 'string',
        unsafe_hidden: true,
        default: DEFAULT_BASE_URL,
      },
      token_url: {
        label: 'Token address',
        description: 'Where access tokens are renewed; another address only for tests.',
        type: 'string',
        unsafe_hidden: true,
        default: DEFAULT_TOKEN_URL,
      },
    },
    // A conversion that is only validated: Google looks at the token, the accounts and the conversion action.
    testAuthentication: async (request, { settings, auth }) => {
      const names = settings.conversion_actions?.split('=', 1)[0]?.trim()
      const destination = destinationOf(settings, names ? { conversion: names } : {})
      const context = { request, settings, accessToken: auth?.accessToken, destination }
      const answer = await post(context, [SAMPLE_EVENT], true)
      const isAboutSample = answer.status === 400 && !isSettingsFault(rpcStatusOf(answer.body))
      if (!isOk(answer) && !isAboutSample) throw failureOf(answer)
    },
    refreshAccessToken,
  },
  // redirect: a redirected POST would arrive as a GET and look delivered. skipResponseCloning: bodies above 64 KB hang
  // otherwise (facts/destinations.md 0.3).
  extendRequest: () => ({
    headers: { 'user-agent': 'TrackLayer' },
    redirect: 'manual',
    skipResponseCloning: true,
  }),
  actions: { uploadConversion, restateConversion },
  presets: [
    {
      name: 'Purchases',
      type: 'automatic',
      subscribe: 'tracklayer_event = "purchase"',
      partnerAction: 'uploadConversion',
      mapping: defaultValues(uploadConversion.fields),
    },
    {
      name: 'Leads',
      type: 'automatic',
      subscribe: 'tracklayer_event = "lead"',
      partnerAction: 'uploadConversion',
      mapping: defaultValues(uploadConversion.fields),
    },
    {
      name: 'Sign-ups',
      type: 'automatic',
      subscribe: 'tracklayer_event = "sign_up"',
      partnerAction: 'uploadConversion',
      mapping: defaultValues(uploadConversion.fields),
    },
    {
      name: 'Refunds',
      type: 'automatic',
      subscribe: 'tracklayer_event = "refund"',
      partnerAction: 'restateConversion',
      mapping: defaultValues(restateConversion.fields),
    },
  ],
}

const SAMPLE_EVENT = {
  transactionId: 'tracklayer-connection-test',
  eventTimestamp: '2026-01-01T00:00:00.000Z',
  eventSource: 'WEB',
  adIdentifiers: { gclid: 'tracklayer-connection-test' },
}

export default definition
