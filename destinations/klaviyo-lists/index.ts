// Klaviyo lists as audiences. The published package takes the list from the first row of a batch, swallows errors of profiles
// and posts the id "undefined" then.
import { type AudienceDestinationDefinition, defaultValues } from '@segment/actions-core'
import { TRANSITIONS } from '../audience-members/fields.ts'
import type { Settings } from './generated-types.ts'
import { DEFAULT_BASE_URL, DEFAULT_REVISION } from './klaviyo.ts'
import { assertKlaviyoKey, createKlaviyoList, reportKlaviyoList } from './remote-audience.ts'
import syncAudience from './sync-audience/index.ts'

const destination: AudienceDestinationDefinition<Settings> = {
  // ajv keys schemas by name and title, and reads the key as a URI: no space before the colon.
  name: 'TrackLayer-Klaviyo-Lists',
  slug: 'tracklayer-klaviyo-lists',
  mode: 'cloud',
  description: 'Keeps Klaviyo lists in step with audiences.',
  authentication: {
    scheme: 'custom',
    fields: {
      api_key: {
        label: 'Private API key',
        description:
          'Key with the scopes lists:read, lists:write, profiles:read and profiles:write.',
        type: 'password',
        required: true,
      },
      revision: {
        label: 'API revision',
        description: 'Revision of the API, a date.',
        type: 'string',
        default: DEFAULT_REVISION,
      },
      base_url: {
        label: 'Base address',
        description: 'Where the API is; another address is for tests.',
        type: 'string',
        unsafe_hidden: true,
        default: DEFAULT_BASE_URL,
      },
    },
    testAuthentication: (request, { settings }) => assertKlaviyoKey(request, settings),
  },
  extendRequest: ({ settings }) => ({
    headers: {
      accept: 'application/vnd.api+json',
      authorization: `Klaviyo-API-Key ${settings.api_key}`,
      revision: settings.revision || DEFAULT_REVISION,
      'user-agent': 'TrackLayer',
    },
    // Without this, actions-core hangs on an answer of more than 64 KB.
    skipResponseCloning: true,
  }),
  audienceFields: {},
  audienceConfig: {
    mode: { type: 'synced', full_audience_sync: false },
    createAudience: createKlaviyoList,
    getAudience: async (request, { settings, externalId }) => {
      await reportKlaviyoList(request, settings, externalId)
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
