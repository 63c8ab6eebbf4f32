// A table of events in PostgreSQL or, through its protocol, Redshift.
import { type DestinationDefinition, defaultValues } from '@segment/actions-core'
import { withConnection } from './connection.ts'
import { targetOf } from './deliver.ts'
import { failureOf } from './failure.ts'
import type { Settings } from './generated-types.ts'
import { READ_SCHEMA } from './statements.ts'
import writeEvent from './write-event/index.ts'

const definition: DestinationDefinition<Settings> = {
  // ajv's schema key: no spaces (facts/destinations.md 0.1).
  name: 'TrackLayer-Warehouse',
  slug: 'warehouse',
  mode: 'cloud',
  description: 'One wide table of events in PostgreSQL or Redshift.',
  authentication: {
    scheme: 'custom',
    fields: {
      connection_string: {
        label: 'Connection string',
        description:
          'postgresql://user:password@host:5432/database, with sslmode as the server wants it.',
        type: 'password',
        required: true,
      },
      dialect: {
        label: 'Dialect',
        description: 'PostgreSQL, or Redshift through PostgreSQL’s protocol.',
        type: 'string',
        choices: [
          { label: 'PostgreSQL', value: 'postgres' },
          { label: 'Redshift', value: 'redshift' },
        ],
        default: 'postgres',
      },
      schema: {
        label: 'Schema',
        description: 'Schema of the table; made when it is missing.',
        type: 'string',
        default: 'tracklayer',
      },
      table: {
        label: 'Table',
        description: 'The table; made when it is missing.',
        type: 'string',
        default: 'events',
      },
    },
    testAuthentication: async (_request, { settings }) => {
      try {
        const { target } = targetOf(settings)
        await withConnection(settings, (client) => client.query(READ_SCHEMA, [target.schema]))
      } catch (thrown) {
        throw failureOf(thrown)
      }
    },
  },
  actions: { writeEvent },
  presets: [
    {
      name: 'All events',
      type: 'automatic',
      subscribe: 'tracklayer_event != null',
      partnerAction: 'writeEvent',
      mapping: defaultValues(writeEvent.fields),
    },
  ],
}

export default definition
