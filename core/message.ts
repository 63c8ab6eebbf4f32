// A Segment message as it really arrives: the parser keeps what it can read and never throws.
import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import { isStackOverflow } from './errors.ts'
import { isJsonObject, type JsonObject, textOf } from './json.ts'

export type MessageType = 'track' | 'identify' | 'page' | 'screen' | 'group' | 'alias' | 'delete'

const TYPES: ReadonlySet<string> = new Set<MessageType>([
  'track',
  'identify',
  'page',
  'screen',
  'group',
  'alias',
  'delete',
])

/** Stands for properties, traits or context that a message does not carry. */
export const NO_PROPERTIES: JsonObject = Object.freeze({})

export interface Message {
  readonly raw: JsonObject
  /** Null when the message states no call that Segment knows. */
  readonly type: MessageType | null
  readonly messageId: string
  /** Exact as sent: names are case-sensitive. Null when it is no text. */
  readonly event: string | null
  readonly userId: string | null
  readonly anonymousId: string | null
  readonly properties: JsonObject
  readonly traits: JsonObject
  readonly context: JsonObject
}

/** Reads a message. Ids may be numbers, objects may be missing, null or (in deletes) arrays, the type in odd case. */
export function parseMessage(raw: JsonObject): Message {
  return {
    raw,
    type: typeOf(raw.type),
    messageId: messageIdOf(raw),
    event: typeof raw.event === 'string' ? raw.event : null,
    userId: textOf(raw.userId),
    anonymousId: textOf(raw.anonymousId),
    properties: isJsonObject(raw.properties) ? raw.properties : NO_PROPERTIES,
    traits: isJsonObject(raw.traits) ? raw.traits : NO_PROPERTIES,
    context: isJsonObject(raw.context) ? raw.context : NO_PROPERTIES,
  }
}

/**
 * The id Segment gave the message. One without an id (only possible outside Segment, which adds it at ingestion) gets
 * `hash_` and a digest of its content, so that a repeat is still recognised.
 */
export function messageIdOf(raw: JsonObject): string {
  return textOf(raw.messageId) ?? `hash_${digestOf(raw)}`
}

/**
 * When it happened, ISO 8601 in UTC: Segment's corrected `timestamp`, else the sender's own `originalTimestamp`.
 * Null when neither can be read; never the time of arrival. Epoch numbers are taken as milliseconds, or as seconds
 * below 1e11 (which as milliseconds would be early 1973). Text without a zone is taken as UTC.
 */
export function occurredAt(raw: JsonObject): string | null {
  return instantOf(raw.timestamp) ?? instantOf(raw.originalTimestamp)
}

function typeOf(type: unknown): MessageType | null {
  if (typeof type !== 'string') return null
  if (TYPES.has(type)) return type as MessageType
  const folded = type.trim().toLowerCase()
  return TYPES.has(folded) ? (folded as MessageType) : null
}

// In our form already, and a day that every month has: nothing to compute. This is what Segment sends.
const CANONICAL_INSTANT =
  /^[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/
const ISO_INSTANT =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(?:Z|UTC|GMT|([+-]\d\d):?(\d\d)?)?)?$/i
// What a Date writes of itself and mail headers carry: `Thu, 23 Apr 2026 10:15:30 GMT`, `Thu Apr 23 2026 … GMT+0200`.
const NAMED_DAY = /^[a-z]{3},? [a-z\d: ]{10,24} (GMT|UTC|[+-]\d{4})/i

// Only forms that mean the same everywhere. Date.parse alone would read local time where no zone is given, and would
// make the year 2001 of `step 12`.
function instantOf(value: unknown): string | null {
  if (typeof value === 'number') return fromEpoch(value)
  if (typeof value !== 'string') return null
  if (CANONICAL_INSTANT.test(value)) return value
  const text = value.trim()
  if (/^\d{9,13}(\.\d+)?$/.test(text)) return fromEpoch(Number(text))
  const iso = ISO_INSTANT.exec(text)
  if (iso) return fromIso(iso)
  return NAMED_DAY.test(text) ? isoOf(Date.parse(text)) : null
}

function fromIso([, year, month = '', day = '', time = '00:00', hours, minutes = '00']: readonly (
  | string
  | undefined
)[]): string | null {
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  // Date.parse makes 2 March of 30 February.
  if (!isoOf(Date.parse(date))?.startsWith(date)) return null
  return isoOf(Date.parse(`${date}T${time}${hours ? `${hours}:${minutes}` : 'Z'}`))
}

function fromEpoch(value: number): string | null {
  return isoOf(Math.abs(value) < 1e11 ? value * 1000 : value)
}

// Years outside 0001 to 9999 have another form in ISO 8601, and PostgreSQL refuses them.
function isoOf(at: number): string | null {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return null
  const iso = date.toISOString()
  return iso.length === 24 && !iso.startsWith('0000') ? iso : null
}

function digestOf(raw: JsonObject): string {
  return createHash('sha256').update(textForDigest(raw)).digest('hex').slice(0, 32)
}

// Nesting beyond the engine's stack cannot be serialised; such a message is told apart by its top level alone.
function textForDigest(raw: JsonObject): string {
  try {
    return canonicalJson(raw)
  } catch (error) {
    if (!isStackOverflow(error)) throw error
    return Object.entries(raw)
      .map(([key, value]) => `${key}=${typeof value === 'object' ? typeof value : String(value)}`)
      .join('&')
  }
}
