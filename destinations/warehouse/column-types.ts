// Which type a new column gets, and whether a value fits the type an old one has.
import type { Json } from '../../core/json.ts'

/** The five types this destination gives. */
export type Kind = 'text' | 'numeric' | 'boolean' | 'timestamptz' | 'json'

/** A column as information_schema.columns has it. */
export interface ColumnType {
  readonly dataType: string
  readonly maxLength: number | null
  readonly precision: number | null
  readonly scale: number | null
}

/** What goes into the statement; `undefined` when the value does not fit. */
export type Encoded = string | number | boolean | Json | undefined

const FAMILIES: Readonly<Record<string, Kind>> = {
  text: 'text',
  'character varying': 'text',
  character: 'text',
  numeric: 'numeric',
  'double precision': 'numeric',
  real: 'numeric',
  bigint: 'numeric',
  integer: 'numeric',
  smallint: 'numeric',
  boolean: 'boolean',
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamptz',
  date: 'timestamptz',
  jsonb: 'json',
  json: 'json',
  super: 'json',
}

/** Null for types this destination writes nothing into, such as arrays and types of the user's own. */
export function familyOf({ dataType }: ColumnType): Kind | null {
  return FAMILIES[dataType] ?? null
}

// ISO 8601 with a zone: a time without one says no instant. Year 0000 is none in SQL.
const INSTANT = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/
const NUMBER = /^-?\d{1,30}(?:\.\d{1,30})?$/

export function kindOf(value: Json): Kind {
  if (typeof value === 'number') return 'numeric'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'string') return isInstant(value) ? 'timestamptz' : 'text'
  return 'json'
}

/** `limitText`: Redshift counts bytes and has no text beyond 65,535 of them; PostgreSQL counts characters. */
export function encoded(value: Json, type: ColumnType, limitText: 'bytes' | 'characters'): Encoded {
  const family = familyOf(type)
  if (family === 'json') return clean(value)
  if (family === 'text') return encodedText(value, type, limitText)
  if (family === 'numeric') return encodedNumber(value, type)
  if (family === 'boolean') return typeof value === 'boolean' ? value : undefined
  if (family === 'timestamptz')
    return typeof value === 'string' && isInstant(value) ? new Date(value).toISOString() : undefined
  return undefined
}

function encodedText(
  value: Json,
  { maxLength }: ColumnType,
  limitText: 'bytes' | 'characters',
): Encoded {
  if (typeof value === 'object') return undefined
  const text = cleanText(String(value))
  if (maxLength === null) return text
  const length = limitText === 'bytes' ? Buffer.byteLength(text) : [...text].length
  return length <= maxLength ? text : undefined
}

const LARGEST: Readonly<Record<string, number>> = {
  smallint: 32_767,
  integer: 2_147_483_647,
  bigint: Number.MAX_SAFE_INTEGER,
}

function encodedNumber(value: Json, { dataType, precision, scale }: ColumnType): Encoded {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && NUMBER.test(value))
  if (!isNumber) return undefined
  const size = Math.abs(Number(value))
  const largest = LARGEST[dataType]
  if (largest !== undefined)
    return Number.isInteger(Number(value)) && size <= largest ? value : undefined
  if (dataType === 'real' && size > 3e38) return undefined
  if (dataType === 'numeric' && precision !== null) {
    // The database rounds to the scale first, then counts the digits before the point.
    const places = Math.min(scale ?? 0, 100)
    if (Number(size.toFixed(places)) >= 10 ** (precision - places)) return undefined
  }
  return value
}

function isInstant(text: string): boolean {
  return INSTANT.test(text) && !Number.isNaN(Date.parse(text))
}

/** What PostgreSQL's text and jsonb refuse is taken out: NUL, and halves of surrogate pairs. */
export function clean(value: Json): Json {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [cleanText(key), clean(inner ?? null)]),
  )
}

const cleanText = (text: string): string => text.replaceAll('\0', '').toWellFormed()
