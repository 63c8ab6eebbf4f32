// The mapping table as it is deployed: compiled by the build that runs before the first suite.
import type { MappingTable } from '../../../core/mapping-table.ts'

export const table: MappingTable = require('../../../dist/mappings/events.js').default
