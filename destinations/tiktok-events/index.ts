// TikTok Events API 2.0, batched, with web, app and offline events in one destination. The published package sends one event a
// request and takes every HTTP 200 for success.
import { type DestinationDefinition, IntegrationError } from '@segment/actions-core'
import { assertLetIn } from '../vendor-answers/verdict.ts'
import type { Settings } from './generated-types.ts'
import { DEFAULT_BASE_URL, postEvents, sourcesOf } from './post-events.ts'
import { presets } from './presets.ts'
import sendEvent from './send-event/index.ts'

const destination: DestinationDefinition<Settings> = {
  // ajv keys schemas by name and title, and reads the key as a URI: no space before the colon.
  name: 'TrackLayer-TikTok-Events',
  slug: 'tracklayer-tiktok-events',
  mode: 'cloud',
  description: 'Reports conversions to the TikTok Events API 2.0.',
  authentication: {
    scheme: 'custom',
    fields: {
      accessToken: {
        label: 'Access token',
        description: 'Access token of the event sources: Events Manager, Settings, Events API.',
        type: 'password',
        required: true,
      },
      pixelCode: {
        label: 'Pixel code',
        description: 'Receives web events.',
        type: 'string',
      },
      tiktokAppId: {
        label: 'TikTok app id',
        description: 'Receives app events, which TikTok opens for chosen advertisers only.',
        type: 'string',
      },
      offlineEventSetId: {
        label: 'Offline event set id',
        description: 'Receives offline events.',
        type: 'string',
      },
      testEventCode: {
        label: 'Test event code',
        description: 'Sends the events to the Test events tab. Leave it empty in production.',
        type: 'string',
      },
      baseUrl: {
        label: 'Base address',
        description: 'Where the API is; another address is for tests.',
        type: 'string',
        unsafe_hidden: true,
        default: DEFAULT_BASE_URL,
      },
    },
    // A request without events reports nothing, and is refused for that only after token and source were found good
    // (UNVERIFIED order). No reading endpoint takes the tokens made in Events Manager.
    testAuthentication: async (request, { settings }) => {
      const sources = sourcesOf(settings)
      if (sources.length === 0) {
        throw new IntegrationError(
          'No pixel, app or offline event set is given',
          'SETTINGS_INVALID',
          403,
        )
      }
      for (const source of sources) {
        const { verdict } = await postEvents(request, settings, source, [])
        assertLetIn(verdict)
      }
    },
  },
  extendRequest: ({ settings }) => ({
    headers: { 'access-token': settings.accessToken, 'user-agent': 'TrackLayer' },
    // Without this, actions-core hangs on an answer of more than 64 KB (facts/destinations.md 0.3).
    skipResponseCloning: true,
  }),
  presets,
  actions: { sendEvent },
}

export default destination
