// A Segment message as it really arrives: the parser keeps what it can read and never throws.
import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
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
 * below 1e11 (which as milliseconds would be early 1973).
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

const CANONICAL_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const HAS_ZONE = /(Z|[+-]\d\d:?\d\d|GMT|UTC)\s*$/i

function instantOf(value: unknown): string | null {
  if (typeof value === 'number') return fromEpoch(value)
  if (typeof value !== 'string' || value === '') return null
  if (/^\d{9,13}(\.\d+)?$/.test(value)) return fromEpoch(Number(value))
  if (CANONICAL_INSTANT.test(value)) return Number.isNaN(Date.parse(value)) ? null : value
  // Without a zone Date.parse would read local time, and the answer would depend on the machine.
  const text = HAS_ZONE.test(value) || !value.includes(':') ? value : `${value.trim()}Z`
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : new Date(at).toISOString()
}

function fromEpoch(value: number): string | null {
  const date = new Date(Math.abs(value) < 1e11 ? value * 1000 : value)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

function digestOf(raw: JsonObject): string {
  return createHash('sha256').update(textForDigest(raw)).digest('hex').slice(0, 32)
}

// Nesting beyond the engine's stack cannot be serialised; such a message is told apart by its top level alone.
function textForDigest(raw: JsonObject): string {
  try {
    return canonicalJson(raw)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return Object.entries(raw)
      .map(([key, value]) => `${key}=${typeof value === 'object' ? typeof value : String(value)}`)
      .join('&')
  }
}
