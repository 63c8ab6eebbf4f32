import definition from '../../../destinations/meta-conversions/index.ts'
import { itIsAnEventDefinition } from '../event-destination-frame.ts'

itIsAnEventDefinition({ definition, folder: 'meta-conversions', file: 'meta.yaml' })
