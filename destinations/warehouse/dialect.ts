// What PostgreSQL and Redshift do differently. Redshift pages: "Unsupported PostgreSQL features" (no ON CONFLICT, keys are
// not enforced), "ALTER TABLE" (one column a statement), "SUPER type", "JSON_PARSE function".
import type { Kind } from './column-types.ts'

export type DialectName = 'postgres' | 'redshift'

export interface Dialect {
  readonly name: DialectName
  readonly types: Readonly<Record<Kind, string>>
  readonly now: string
  readonly limitText: 'bytes' | 'characters'
  /** Bytes of the longest JSON value; null without a limit that matters. */
  readonly maxJsonBytes: number | null
}

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  postgres: {
    name: 'postgres',
    types: {
      text: 'text',
      numeric: 'numeric',
      boolean: 'boolean',
      timestamptz: 'timestamptz',
      json: 'jsonb',
    },
    now: 'now()',
    limitText: 'characters',
    maxJsonBytes: null,
  },
  redshift: {
    name: 'redshift',
    types: {
      // `text` is varchar(256) there.
      text: 'varchar(65535)',
      // `numeric` alone is numeric(18,0) there: it would cut the cents off.
      numeric: 'numeric(38,10)',
      boolean: 'boolean',
      timestamptz: 'timestamptz',
      json: 'super',
    },
    now: 'getdate()',
    limitText: 'bytes',
    // JSON travels to JSON_PARSE through a varchar.
    maxJsonBytes: 65_535,
  },
}
