// Audiences that Engage creates at TrackLayer before it sends their members.

import type { AudienceDestinationDefinition } from '@segment/actions-core'
import { ErrorCodes, IntegrationError } from '@segment/actions-core'
import { now } from './clock.ts'
import core from './core.ts'
import { translated } from './failures.ts'
import type { AudienceSettings, Settings } from './generated-types.ts'
import { postWith } from './post.ts'

type Definition = AudienceDestinationDefinition<Settings, AudienceSettings>

export const audienceFields: Definition['audienceFields'] = {
  audienceName: {
    label: 'Audience name',
    description: 'Name of the audience in TrackLayer. By default it is the name it has in Segment.',
    type: 'string',
  },
}

export const audienceConfig: Definition['audienceConfig'] = {
  // Segment sends who entered and who left, never the whole list anew.
  mode: { type: 'synced', full_audience_sync: false },

  createAudience: async (request, { settings, audienceSettings, audienceName, personas }) => {
    const name = audienceSettings?.audienceName || audienceName
    if (!name) {
      const message = 'The audience has no name; name it in Segment'
      throw new IntegrationError(message, 'MISSING_REQUIRED_FIELD', 400)
    }
    const externalId = await translated(() =>
      core.createAudience(core.connect(settings, postWith(request), now), {
        name,
        computation_id: personas?.computation_id || null,
        computation_key: personas?.computation_key || null,
        space_id: personas?.namespace || null,
        settings: { ...audienceSettings },
      }),
    )
    return { externalId }
  },

  getAudience: async (request, { settings, externalId }) => {
    const found = await translated(() =>
      core.findAudience(core.connect(settings, postWith(request), now), externalId),
    )
    if (found !== null) return { externalId: found }
    const message = `TrackLayer has no audience "${externalId}"; create it again`
    throw new IntegrationError(message, ErrorCodes.GET_AUDIENCE_FAILED, 404)
  },
}
