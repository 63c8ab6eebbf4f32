// A database of the test file's own, as a warehouse that knows nothing of us; each test has a schema of its own in it.
import type { JsonObject } from '../../../core/json.ts'
import definition from '../../../destinations/warehouse/index.ts'
import type { TestDatabase } from '../../support/database.ts'
import { hostOf, type Node } from '../google-data-manager/host.ts'

export const MAPPING: JsonObject = {
  event_id: { '@path': '$.id' },
  event_name: { '@path': '$.name' },
  occurred_at: { '@path': '$.at' },
  user: { '@path': '$.user' },
  context: { '@path': '$.context' },
  properties: { '@path': '$.properties' },
}

export interface Warehouse {
  readonly database: TestDatabase
  readonly settings: Readonly<Record<'connection_string' | 'schema' | 'table' | 'dialect', string>>
  write(events: readonly object[]): Promise<Node[]>
  writeOne(event: object): Promise<unknown>
  /** Rows in the order of their ids, without columns that are null. */
  rows(): Promise<Record<string, unknown>[]>
  /** Column → type. */
  columns(): Promise<Record<string, string>>
}

let schemas = 0

export function warehouseIn(
  database: TestDatabase,
  more: Readonly<Record<string, string>> = {},
): Warehouse {
  const settings = {
    connection_string: addressOf(database),
    schema: `schema_${++schemas}`,
    table: 'events',
    dialect: 'postgres',
    ...more,
  }
  const target = `"${settings.schema}"."${settings.table}"`
  const call = () => ({ settings, mapping: structuredClone(MAPPING) })
  return {
    database,
    settings,
    write: (events) => hostOf(definition).executeBatch('writeEvent', { events, ...call() }),
    writeOne: (event) => hostOf(definition).executeAction('writeEvent', { event, ...call() }),
    rows: async () => {
      const rows = await database.query<Record<string, unknown>>(
        `select * from ${target} order by event_id, event_name`,
      )
      return rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).filter(([name, value]) => value !== null && name !== 'loaded_at'),
        ),
      )
    },
    columns: async () => {
      const rows = await database.query<{ column_name: string; data_type: string }>(
        `select column_name, data_type from information_schema.columns
         where table_schema = $1 and table_name = $2 order by ordinal_position`,
        [settings.schema, settings.table],
      )
      return Object.fromEntries(rows.map(({ column_name, data_type }) => [column_name, data_type]))
    },
  }
}

/** The test server's connection as the string an operator would write. */
function addressOf({ connection }: TestDatabase): string {
  const { host = '', port = 5432, user = '', password = '', database = '' } = connection
  const secret = typeof password === 'string' ? password : ''
  const query = new URLSearchParams({ host, port: String(port) })
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@/${encodeURIComponent(database)}?${query}`
}
