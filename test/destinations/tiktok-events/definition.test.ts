import definition from '../../../destinations/tiktok-events/index.ts'
import { itIsAnEventDefinition } from '../event-destination-frame.ts'

itIsAnEventDefinition({ definition, folder: 'tiktok-events', file: 'tiktok.yaml' })
