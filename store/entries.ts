// What a batch entry says, checked and taken apart for the statements of store/ingest.ts. Nothing the sender derived
// is trusted where the store can derive it itself: ids and dedup keys are read from the message and the table.
import { type AudienceChange, readAudienceChange } from '../core/audience-change.ts'
import type { BatchEntry, BatchKind } from '../core/batch.ts'
import type { CanonicalUser } from '../core/canonical-event.ts'
import { MAX_ID_LENGTH, userOf } from '../core/canonicalise.ts'
import type { IdentityClaim } from '../core/identity.ts'
import { isJsonObject, type Json, type JsonObject, objectAt, textOf } from '../core/json.ts'
import type { MappingRow, MappingTable } from '../core/mapping-table.ts'
import { messageIdOf, occurredAt, parseMessage } from '../core/message.ts'
import { type Outcome, outcomeOf } from '../core/outcome.ts'
import { type StatedViolation, violationsOf } from './protocols.ts'
import { cleanJson, cleanText } from './text.ts'

export interface PreparedEvent {
  readonly name: string
  readonly eventId: string
  readonly dedupKey: string | null
  /** The order it is about, for whoever searches by it. */
  readonly orderId: string | null
  readonly occurredAt: string | null
  /** Of the table the function has; null where the sender states none. */
  readonly mappingVersion: string | null
  /** What it is worth, or takes back; null for a step on the way. */
  readonly outcome: Outcome | null
}

export interface PreparedMessage {
  /** The message and the canonical event as JSON text in UTF-8; the latter is empty for what is no event. */
  readonly raw: Buffer
  readonly canonical: Buffer
  readonly messageId: string
  readonly kind: BatchKind
  readonly warnings: readonly string[]
  readonly event: PreparedEvent | null
  /** Segment event name of a track message that has no row; null for every other. */
  readonly unmappedName: string | null
  readonly identity: IdentityClaim
  /** Supporting identifiers, e.g. `['email', 'jane@example.com']`; they never decide who somebody is. */
  readonly contacts: readonly (readonly ['email' | 'phone', string])[]
  /** Consent this message states, by category; null when it carries none. */
  readonly consent: {
    readonly categories: Readonly<Record<string, boolean>>
    readonly statedAt: string | null
  } | null
  /** What the tracking plan found wrong with it, by the time it left Segment. */
  readonly violations: readonly StatedViolation[]
  /** Traits this message states, with the instant it states them for; null when none was readable. */
  readonly traits: { readonly values: JsonObject; readonly statedAt: string | null } | null
  /** Membership this message states, and what it says of the person; null when it states none. */
  readonly audience: { readonly change: AudienceChange; readonly user: CanonicalUser } | null
  /** Of a request to be forgotten: the instant for which it was made. */
  readonly deletedAt: { readonly statedAt: string | null } | null
}

/** A prepared message, or why it can never be accepted. */
export type Prepared = PreparedMessage | Rejection

export interface Rejection {
  readonly kind: 'rejection'
  readonly messageId: string
  readonly reason: string
  /** What was refused, as far as it can be written. */
  readonly raw: string
}

// A row of the index has 2,704 bytes at most; the event's name takes up to 765 of them.
const MAX_KEY_BYTES = 1024

const KINDS: ReadonlySet<unknown> = new Set<BatchKind>([
  'event',
  'profile',
  'audience',
  'group',
  'alias',
  'delete',
  'unmapped',
])

/** `entry` is whatever the sender put at a place of its batch. */
export function prepareEntry(entry: unknown, table: MappingTable): Prepared {
  if (!isJsonObject(entry) || !isJsonObject(entry.message)) {
    return rejection('', 'entry has no "message" object', entry)
  }
  const { message, kind, canonical } = entry as unknown as BatchEntry
  const messageId = cleanText(messageIdOf(message))
  const reject = (reason: string) => rejection(messageId, reason, entry)
  if (messageId.length > MAX_ID_LENGTH)
    return reject(`messageId is longer than ${MAX_ID_LENGTH} characters`)
  if (!KINDS.has(kind))
    return reject(`kind ${shown(kind)} is unknown; want one of ${[...KINDS].join(', ')}`)
  const event = kind === 'event' ? prepareEvent(canonical, messageId, table) : null
  if (typeof event === 'string') return reject(event)
  const raw = jsonText(message)
  const canonicalText = event === null ? '' : jsonText(canonical)
  if (raw === null || canonicalText === null)
    return reject('message is nested too deeply to be stored')
  const warnings = Array.isArray(entry.warnings)
    ? entry.warnings.filter((warning) => typeof warning === 'string').map(cleanText)
    : []
  const audience = kind === 'audience' ? audienceOf(message, warnings) : null
  return {
    // Outside the heap: thousands of them wait for the database at a time.
    raw: Buffer.from(raw),
    canonical: Buffer.from(canonicalText),
    messageId,
    kind,
    event,
    unmappedName: kind === 'unmapped' ? unmappedNameOf(message) : null,
    identity: claimOf(message, messageId, kind, warnings),
    contacts: contactsOf(message, audience ? audience.user : canonical?.user),
    // An event answers for itself alone; what a person says of consent comes as an identify or a preference update.
    consent: event === null ? consentOf(message) : null,
    violations: violationsOf(message),
    traits:
      kind === 'profile' && isJsonObject(message.traits) ? traitsOf(message, message.traits) : null,
    audience,
    deletedAt: kind === 'delete' ? { statedAt: occurredAt(message) } : null,
    warnings,
  }
}

function rejection(messageId: string, reason: string, entry: unknown): Rejection {
  const raw = jsonText(entry) ?? '"nested too deeply"'
  return { kind: 'rejection', messageId: messageId.slice(0, MAX_ID_LENGTH), reason, raw }
}

/** Null for nesting beyond the engine's stack, which JSON.parse reads and JSON.stringify cannot write. */
function jsonText(value: unknown): string | null {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function shown(kind: unknown): string {
  return typeof kind === 'string' ? `"${kind.slice(0, 40)}"` : `of type ${typeof kind}`
}

function prepareEvent(
  canonical: unknown,
  messageId: string,
  table: MappingTable,
): PreparedEvent | string {
  if (!isJsonObject(canonical)) return 'kind is "event" but "canonical" is no object'
  const name = textOf(canonical.tracklayer_event)
  if (name === null || name.length > MAX_ID_LENGTH)
    return 'canonical.tracklayer_event is not a name'
  const properties = isJsonObject(canonical.properties) ? canonical.properties : {}
  const eventId = textOf(properties.event_id)
  if (eventId === null) return 'canonical.properties.event_id is missing'
  if (eventId.length > MAX_ID_LENGTH + 'seg_'.length)
    return 'canonical.properties.event_id is too long'
  const ids = {
    user_id: textOf(canonical.canonical_user_id),
    anonymous_id: textOf(canonical.anonymous_id),
    group_id: isJsonObject(canonical.context) ? textOf(canonical.context.group_id) : null,
    message_id: messageId,
  }
  // A key too long for the unique index falls back to the message id, the first layer of deduplication.
  const keyOf = (row: MappingRow | undefined) => {
    const key = row?.dedupKey(properties as Record<string, unknown>, ids)
    return key && Buffer.byteLength(key) <= MAX_KEY_BYTES ? cleanText(key) : null
  }
  return {
    name: cleanText(name),
    eventId: cleanText(eventId),
    dedupKey: keyOf(table.byCanonical.get(name)),
    orderId: orderOf(properties),
    occurredAt: instant(canonical.occurred_at),
    mappingVersion: versionOf(canonical),
    outcome: outcomeOf(name, properties, table, keyOf),
  }
}

function orderOf({ order_id }: JsonObject): string | null {
  const order = textOf(order_id)
  return order && order.length <= MAX_ID_LENGTH ? cleanText(order) : null
}

function versionOf({ mapping_version }: JsonObject): string | null {
  const version = textOf(mapping_version)
  return version && version.length <= MAX_ID_LENGTH ? cleanText(version) : null
}

// Longer than any name of a row.
const MAX_NAME = 200

function unmappedNameOf(message: JsonObject): string | null {
  const { type, event } = parseMessage(message)
  return type === 'track' && event ? cleanText(event.slice(0, MAX_NAME)) : null
}

function instant(value: Json | undefined): string | null {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
    ? new Date(value).toISOString()
    : null
}

function claimOf(
  message: JsonObject,
  messageId: string,
  kind: BatchKind,
  warnings: string[],
): IdentityClaim {
  const id = (name: 'userId' | 'anonymousId' | 'previousId') => {
    const value = textOf(message[name])
    if (value === null || value.length <= MAX_ID_LENGTH)
      return value === null ? null : cleanText(value)
    warnings.push(`${name} is longer than ${MAX_ID_LENGTH} characters and identifies nobody`)
    return null
  }
  return {
    messageId,
    userId: id('userId'),
    anonymousId: id('anonymousId'),
    previousId: kind === 'alias' ? id('previousId') : null,
  }
}

function contactsOf(message: JsonObject, user: unknown): PreparedMessage['contacts'] {
  const from = isJsonObject(user) ? user : isJsonObject(message.traits) ? message.traits : {}
  const contacts: (readonly ['email' | 'phone', string])[] = []
  const email = textOf(from.email)?.toLowerCase()
  if (email && email.length <= MAX_ID_LENGTH) contacts.push(['email', cleanText(email)])
  const phone = textOf(from.phone)?.replace(/[^+\d]/g, '')
  if (phone && phone.length <= 32) contacts.push(['phone', phone])
  return contacts
}

/** What a message that is no event says of consent; null for nothing. */
export function consentOf(message: JsonObject): PreparedMessage['consent'] {
  const preferences = objectAt(objectAt(message.context, 'consent'), 'categoryPreferences')
  if (!preferences) return null
  const categories: Record<string, boolean> = {}
  for (const [category, granted] of Object.entries(preferences)) {
    if (typeof granted === 'boolean' && category.length <= MAX_ID_LENGTH)
      categories[cleanText(category)] = granted
  }
  return { categories, statedAt: occurredAt(message) }
}

// What is about no membership is kept like any other message, and says why nothing came of it.
function audienceOf(message: JsonObject, warnings: string[]): PreparedMessage['audience'] {
  const reading = readAudienceChange(message)
  if (reading?.kind === 'change') {
    const change = cleanJson(reading.change as unknown as JsonObject) as unknown as AudienceChange
    const named = [change.computationId, change.computationKey, change.externalAudienceId]
    if (named.every((name) => (name?.length ?? 0) <= MAX_ID_LENGTH))
      return { change, user: userOf(parseMessage(message), []) }
    warnings.push(`audience: its id or key is longer than ${MAX_ID_LENGTH} characters`)
    return null
  }
  warnings.push(`audience: ${reading?.kind === 'fault' ? reading.reason : NO_MEMBERSHIP}`)
  return null
}

const NO_MEMBERSHIP = 'the message states no membership; want context.personas of an audience'

function traitsOf(message: JsonObject, values: JsonObject): PreparedMessage['traits'] {
  return { values, statedAt: occurredAt(message) }
}
