// Meta Conversions API, batched and with a token of its own for each destination. The published package sends one event a
// request and takes a single token for the whole process from its environment.
import type { DestinationDefinition } from '@segment/actions-core'
import { assertLetIn } from '../vendor-answers/verdict.ts'
import type { Settings } from './generated-types.ts'
import { DEFAULT_API_VERSION, DEFAULT_BASE_URL, postEvents } from './post-events.ts'
import { presets } from './presets.ts'
import sendEvent from './send-event/index.ts'

const destination: DestinationDefinition<Settings> = {
  // ajv keys schemas by name and title, and reads the key as a URI: no space before the colon.
  name: 'TrackLayer-Meta-Conversions',
  slug: 'tracklayer-meta-conversions',
  mode: 'cloud',
  description: 'Sends conversions to the Meta Conversions API.',
  authentication: {
    scheme: 'custom',
    fields: {
      pixelId: {
        label: 'Pixel id',
        description: 'Id of the pixel or dataset that receives the events.',
        type: 'string',
        required: true,
      },
      accessToken: {
        label: 'Access token',
        description: 'Access token of the pixel: Events Manager, Settings, Conversions API.',
        type: 'password',
        required: true,
      },
      testEventCode: {
        label: 'Test event code',
        description:
          'Shows the events under Test events. They still count: leave it empty in production.',
        type: 'string',
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
    // A request without events writes nothing, and Graph looks at token and pixel before it looks at the events
    // (UNVERIFIED for this edge). Tokens made in Events Manager may do nothing but write events, so reading proves nothing.
    testAuthentication: async (request, { settings }) => {
      const { verdict } = await postEvents(request, settings, [])
      assertLetIn(verdict)
    },
  },
  extendRequest: ({ settings }) => ({
    headers: { authorization: `Bearer ${settings.accessToken}`, 'user-agent': 'TrackLayer' },
    // Without this, actions-core hangs on an answer of more than 64 KB (facts/destinations.md 0.3).
    skipResponseCloning: true,
  }),
  presets,
  actions: { sendEvent },
}

export default destination
