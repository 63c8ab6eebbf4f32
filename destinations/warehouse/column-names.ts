// Names of properties → names of columns. The column of a name follows from the name alone, so that every worker, every
// event and every restart finds the same one.
import { sha256Hex } from '../../core/identity-fields/digest.ts'

// PostgreSQL cuts identifiers at 63 bytes, Redshift at 127 (page "Names and identifiers"). Cut names would meet.
const MAX_LENGTH = 60

// System columns cannot be names of a table's own (PostgreSQL 5.6 "System Columns"; Redshift adds oid). Key words need no
// care: every identifier is quoted.
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
  'oid',
  'tableoid',
  'xmin',
  'cmin',
  'xmax',
  'cmax',
  'ctid',
])

/** The columns every table has, in the order in which they are created. */
export const FIXED_COLUMNS = {
  event_id: 'text',
  event_name: 'text',
  segment_event: 'text',
  message_id: 'text',
  occurred_at: 'timestamptz',
  canonical_user_id: 'text',
  anonymous_id: 'text',
  mapping_version: 'text',
  consent: 'json',
  _extra: 'json',
} as const

const TAKEN: ReadonlySet<string> = new Set([...Object.keys(FIXED_COLUMNS), 'loaded_at'])

/** `Order ID` → `order_id`, `orderId` → `order_id`, `größe` → `grosse`, `注文` → `c_` and a digest. */
export function foldName(raw: string): string {
  const folded = raw
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  if (folded === '') return `c_${sha256Hex(raw).slice(0, 12)}`
  const named = /^\d/.test(folded) ? `_${folded}` : folded
  return shortened(SYSTEM_COLUMNS.has(named) ? `${named}_` : named, raw)
}

/** The column of a property. One that would look like a column of the person or the context is told apart. */
export function propertyColumn(raw: string): string {
  const folded = foldName(raw)
  const isTaken = TAKEN.has(folded) || /^(?:user|context)_/.test(folded)
  return isTaken ? shortened(`properties_${folded}`, raw) : folded
}

/** The column of something inside `user` or `context`. */
export function groupColumn(group: 'user' | 'context', raw: string): string {
  return shortened(`${group}_${foldName(raw)}`, raw)
}

function shortened(name: string, raw: string): string {
  if (name.length <= MAX_LENGTH) return name
  return `${name.slice(0, MAX_LENGTH - 9)}_${sha256Hex(raw).slice(0, 8)}`
}

/** An identifier in SQL, whatever is in it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('\0', '').replaceAll('"', '""')}"`
}
