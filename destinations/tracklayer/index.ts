// TrackLayer as a destination of Segment: events, people, groups and audiences go to the TrackLayer store, signed. The store
// keeps each message once and delivers it to every platform.
import type { AudienceDestinationDefinition } from '@segment/actions-core'
import { audienceConfig, audienceFields } from './audiences.ts'
import { deletePerson } from './delete-person.ts'
import type { AudienceSettings, Settings } from './generated-types.ts'
import groupUser from './groupUser/index.ts'
import identifyUser from './identifyUser/index.ts'
import { presets } from './presets.ts'
import { authentication } from './settings.ts'
import syncAudience from './syncAudience/index.ts'
import trackEvent from './trackEvent/index.ts'

const destination: AudienceDestinationDefinition<Settings, AudienceSettings> = {
  // ajv keys schemas by this name and the title of the action, and reads the key as a URI: no space, no underscore.
  name: 'TrackLayer',
  slug: 'actions-tracklayer',
  mode: 'cloud',
  description: 'Sends events, people, groups and audiences to your TrackLayer store, signed.',
  authentication,
  audienceFields,
  audienceConfig,
  presets,
  actions: { trackEvent, identifyUser, groupUser, syncAudience },
  onDelete: deletePerson,
}

export default destination
