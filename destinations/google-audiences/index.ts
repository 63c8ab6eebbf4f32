// Google Customer Match through the Data Manager API, which takes the place of the Google Ads API's user list jobs: closed to
// new adopters since 1 April 2026. No developer token; OAuth scope https://www.googleapis.com/auth/datamanager.
import { type AudienceDestinationDefinition, defaultValues } from '@segment/actions-core'
import { TRANSITIONS } from '../audience-members/fields.ts'
import { DEFAULT_TOKEN_URL, refreshAccessToken } from '../google-data-manager/access-token.ts'
import { DEFAULT_BASE_URL } from '../google-data-manager/ingest.ts'
import type { AudienceSettings, Settings } from './generated-types.ts'
import {
  assertGoogleAccount,
  createGoogleAudience,
  reportGoogleAudience,
} from './remote-audience.ts'
import syncAudience from './sync-audience/index.ts'

const destination: AudienceDestinationDefinition<Settings, AudienceSettings> = {
  // ajv keys schemas by name and title, and reads the key as a URI: no space before the colon.
  name: 'TrackLayer-Google-Audiences',
  slug: 'tracklayer-google-audiences',
  mode: 'cloud',
  description: 'Keeps Google Customer Match lists in step with audiences.',
  authentication: {
    scheme: 'oauth2',
    fields: {
      operating_account_id: {
        label: 'Operating account id',
        description: 'The Google Ads account that owns the lists, e.g. 123-456-7890.',
        type: 'string',
        required: true,
      },
      login_account_id: {
        label: 'Login account id',
        description:
          'The manager account through which the connected Google user reaches the operating account. Empty when the user has direct access.',
        type: 'string',
      },
      customer_match_terms: {
        label: 'Customer Match terms',
        description:
          'ACCEPTED once you accepted the Customer Match terms in Google Ads. Nobody is added before that.',
        type: 'string',
        choices: [{ label: 'Accepted', value: 'ACCEPTED' }],
      },
      validate_only: {
        label: 'Validate only',
        description: 'Google checks each request and changes nothing. For trying a set-up out.',
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
    testAuthentication: (request, { settings, auth }) =>
      assertGoogleAccount(request, settings, auth?.accessToken),
    refreshAccessToken,
  },
  // redirect: a redirected POST would arrive as a GET and look delivered. skipResponseCloning: bodies above 64 KB hang
  // otherwise.
  extendRequest: () => ({
    headers: { 'user-agent': 'TrackLayer' },
    redirect: 'manual',
    skipResponseCloning: true,
  }),
  audienceFields: {
    membership_days: {
      label: 'Membership in days',
      description:
        'After how many days without being added again Google drops a member. Empty for the longest that Google allows.',
      type: 'number',
    },
  },
  audienceConfig: {
    mode: { type: 'synced', full_audience_sync: false },
    createAudience: createGoogleAudience,
    getAudience: async (request, { settings, externalId }) => {
      await reportGoogleAudience(request, settings, externalId)
      return { externalId }
    },
  },
  actions: { syncAudience },
  presets: [
    {
      name: 'Sync audience',
      type: 'automatic',
      subscribe: TRANSITIONS,
      partnerAction: 'syncAudience',
      mapping: defaultValues(syncAudience.fields),
    },
  ],
}

export default destination
