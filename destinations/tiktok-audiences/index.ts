// TikTok audiences through the streaming segment API. The published package strips dots and +tags from every address before
// hashing, takes every HTTP 200 for a success, and sends rows for whatever audience the first one names.
import { type AudienceDestinationDefinition, defaultValues } from '@segment/actions-core'
import { TRANSITIONS } from '../audience-members/fields.ts'
import type { Settings } from './generated-types.ts'
import {
  assertTikTokAdvertiser,
  createTikTokAudience,
  reportTikTokAudience,
} from './remote-audience.ts'
import syncAudience from './sync-audience/index.ts'
import { DEFAULT_BASE_URL } from './tiktok.ts'

const destination: AudienceDestinationDefinition<Settings> = {
  // ajv keys schemas by name and title, and reads the key as a URI: no space before the colon.
  name: 'TrackLayer-TikTok-Audiences',
  slug: 'tracklayer-tiktok-audiences',
  mode: 'cloud',
  description: 'Keeps TikTok custom audiences in step with audiences.',
  authentication: {
    scheme: 'custom',
    fields: {
      advertiserId: {
        label: 'Advertiser id',
        description: 'Id of the advertiser that owns the audiences.',
        type: 'string',
        required: true,
      },
      accessToken: {
        label: 'Access token',
        description: 'Token of an app with the audience permission for the advertiser.',
        type: 'password',
        required: true,
      },
      baseUrl: {
        label: 'Base address',
        description: 'Where the API is; another address is for tests.',
        type: 'string',
        unsafe_hidden: true,
        default: DEFAULT_BASE_URL,
      },
    },
    testAuthentication: (request, { settings }) => assertTikTokAdvertiser(request, settings),
  },
  extendRequest: ({ settings }) => ({
    headers: { 'access-token': settings.accessToken, 'user-agent': 'TrackLayer' },
    // Without this, actions-core hangs on an answer of more than 64 KB.
    skipResponseCloning: true,
  }),
  audienceFields: {},
  audienceConfig: {
    mode: { type: 'synced', full_audience_sync: false },
    createAudience: createTikTokAudience,
    getAudience: async (request, { settings, externalId }) => {
      await reportTikTokAudience(request, settings, externalId)
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
