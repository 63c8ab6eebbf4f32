// Meta custom audiences with a token of their own, hashed by the rules that the Conversions API destination has, and with
// rows that Meta calls invalid read from its answer. The published package takes every 200 for a success.
import { type AudienceDestinationDefinition, defaultValues } from '@segment/actions-core'
import { TRANSITIONS } from '../audience-members/fields.ts'
import type { Settings } from './generated-types.ts'
import { DEFAULT_API_VERSION, DEFAULT_BASE_URL } from './graph.ts'
import { assertMetaAccount, createMetaAudience, reportMetaAudience } from './remote-audience.ts'
import syncAudience from './sync-audience/index.ts'

const destination: AudienceDestinationDefinition<Settings> = {
  // ajv keys schemas by name and title, and reads the key as a URI: no space before the colon.
  name: 'TrackLayer-Meta-Audiences',
  slug: 'tracklayer-meta-audiences',
  mode: 'cloud',
  description: 'Keeps Meta custom audiences in step with audiences.',
  authentication: {
    scheme: 'custom',
    fields: {
      adAccountId: {
        label: 'Ad account id',
        description: 'Id of the ad account that owns the audiences, with or without act_.',
        type: 'string',
        required: true,
      },
      accessToken: {
        label: 'Access token',
        description: 'Token of a system user with ads_management for the ad account.',
        type: 'password',
        required: true,
      },
      apiVersion: {
        label: 'API version',
        description: 'Version of the Graph API.',
        type: 'string',
        default: DEFAULT_API_VERSION,
      },
      baseUrl: {
        label: 'Base address',
        description: 'Where the Graph API is; another address is for tests.',
        type: 'string',
        unsafe_hidden: true,
        default: DEFAULT_BASE_URL,
      },
    },
    testAuthentication: (request, { settings }) => assertMetaAccount(request, settings),
  },
  extendRequest: ({ settings }) => ({
    headers: { authorization: `Bearer ${settings.accessToken}`, 'user-agent': 'TrackLayer' },
    // Without this, actions-core hangs on an answer of more than 64 KB.
    skipResponseCloning: true,
  }),
  audienceFields: {},
  audienceConfig: {
    mode: { type: 'synced', full_audience_sync: false },
    createAudience: createMetaAudience,
    getAudience: async (request, { settings, externalId }) => {
      await reportMetaAudience(request, settings, externalId)
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
