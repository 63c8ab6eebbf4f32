// From a raw Segment message to the entry of a signed batch (design 3.1 to 3.3). Pure, and never throws on any JSON
// object: what cannot be read becomes a warning, and the raw message goes along whole.
import { isAudienceMessage } from './audience-change.ts'
import type { BatchEntry, BatchKind } from './batch.ts'
import type { CanonicalContext, CanonicalEvent, CanonicalUser } from './canonical-event.ts'
import { clickIdsOf } from './click-ids.ts'
import { isJsonObject, type JsonObject, textOf } from './json.ts'
import type { MappingRow, MappingTable } from './mapping-table.ts'
import { type Message, NO_PROPERTIES, occurredAt, parseMessage } from './message.ts'
import { unreadable, type Warnings } from './property-readers.ts'

/** The batch entry of one message: its kind, its canonical event when the table lists it, and what could not be read. */
export function canonicalise(raw: JsonObject, table: MappingTable): BatchEntry {
  const message = parseMessage(raw)
  const warnings: Warnings = []
  const row =
    message.type === 'track' && message.event !== null ? table.rows.get(message.event) : undefined
  const kind = kindOf(message, row)
  if (kind === 'unmapped') hintAtName(message, table, warnings)
  const canonical =
    row && kind === 'event' ? canonicalEvent(message, row, table.version, warnings) : null
  // Two rules of a row may read one property; what is wrong with it is said once.
  return {
    message: raw,
    kind,
    canonical,
    warnings: warnings.length > 1 ? [...new Set(warnings)] : warnings,
  }
}

function kindOf(message: Message, row: MappingRow | undefined): BatchKind {
  if (isAudienceMessage(message)) return 'audience'
  switch (message.type) {
    case 'track':
      return row ? 'event' : 'unmapped'
    case 'identify':
      return 'profile'
    case 'group':
    case 'alias':
    case 'delete':
      return message.type
    case 'page':
    case 'screen':
    case null:
      return 'unmapped'
  }
}

function hintAtName(message: Message, table: MappingTable, warnings: Warnings): void {
  if (message.type !== 'track') return
  if (message.event === null) {
    warnings.push('event is not text, so no row can match; send the event name as a string')
    return
  }
  const meant = table.similarTo(message.event)
  if (meant) {
    warnings.push(
      `"${message.event}" has no row; "${meant}" has one and differs only by case or spacing`,
    )
  }
}

function canonicalEvent(
  message: Message,
  row: MappingRow,
  version: string,
  warnings: Warnings,
): CanonicalEvent {
  const { raw, context } = message
  const properties = row.mapProperties(message.properties, warnings)
  const occurred = occurredAt(raw)
  if (occurred === null)
    warnings.push('timestamp is missing or is no instant; occurred_at is unknown')
  properties.event_id = eventIdOf(message, row, properties, warnings)
  return {
    segment_event: row.event,
    tracklayer_event: row.canonical,
    message_id: message.messageId,
    occurred_at: occurred,
    canonical_user_id: message.userId,
    anonymous_id: message.anonymousId,
    user: userOf(message, warnings),
    consent: consentOf(context, warnings),
    context: contextOf(message),
    properties: properties as CanonicalEvent['properties'],
    mapping_version: version,
  }
}

/** Longer ids would not fit the store's unique indexes; vendors stop at 100 (Segment) to 256 characters anyway. */
export const MAX_ID_LENGTH = 255

// Design 3.3: the sender's own, the row's template, else Segment's message id.
function eventIdOf(
  message: Message,
  row: MappingRow,
  properties: Record<string, unknown>,
  warnings: Warnings,
): string {
  const sent = message.properties.event_id
  const own = textOf(sent)
  if (own !== null && own.length <= MAX_ID_LENGTH) return own
  if (own !== null)
    warnings.push(`event_id is longer than ${MAX_ID_LENGTH} characters and is not used`)
  else warnUnlessEmpty('event_id', sent, warnings)
  const templated = row.eventId(properties, {
    user_id: message.userId,
    anonymous_id: message.anonymousId,
    group_id: textOf(message.context.groupId),
    message_id: message.messageId,
  })
  return templated !== null && templated.length <= MAX_ID_LENGTH
    ? templated
    : `seg_${message.messageId}`
}

// For text that could not be read: nothing, or blanks, is no fault of the sender's.
function warnUnlessEmpty(name: string, value: unknown, warnings: Warnings): void {
  if (value === undefined || value === null || typeof value === 'string') return
  warnings.push(unreadable(name, value, 'text'))
}

/**
 * What a message says about the person. Written out field by field: this runs for every event, and a table of names
 * costs three times as much.
 */
export function userOf(
  { traits, context, properties }: Message,
  warnings: Warnings,
): CanonicalUser {
  const user: MutableUser = {}
  if (isJsonObject(context.traits)) collectPerson(context.traits, user, warnings)
  if (traits !== NO_PROPERTIES) collectPerson(traits, user, warnings)
  collectContact(properties, user, warnings)
  return user
}

type MutableUser = { -readonly [Field in keyof CanonicalUser]: CanonicalUser[Field] }

function collectPerson(traits: JsonObject, user: MutableUser, warnings: Warnings): void {
  collectContact(traits, user, warnings)
  if (isJsonObject(traits.address)) collectAddress(traits.address, user, warnings)
  collectAddress(traits, user, warnings)
}

function collectContact(from: JsonObject, user: MutableUser, warnings: Warnings): void {
  keep(user, 'email', from.email, warnings)
  keep(user, 'phone', from.phone, warnings)
  keep(user, 'first_name', from.firstName || from.first_name || from.firstname, warnings)
  keep(user, 'last_name', from.lastName || from.last_name || from.lastname, warnings)
}

function collectAddress(from: JsonObject, user: MutableUser, warnings: Warnings): void {
  keep(user, 'city', from.city, warnings)
  keep(user, 'region', from.state || from.region, warnings)
  keep(user, 'postal_code', from.postalCode || from.postal_code || from.zip, warnings)
  keep(user, 'country', from.country, warnings)
}

function keep(
  user: MutableUser,
  field: keyof CanonicalUser,
  value: unknown,
  warnings: Warnings,
): void {
  if (value === undefined || user[field] !== undefined) return
  const text = textOf(value)
  if (text !== null) user[field] = text
  else warnUnlessEmpty(`user.${field}`, value, warnings)
}

// Segment's rule (segment.md 5): no consent object means nothing is known; `{}` means every category is denied.
function consentOf(context: JsonObject, warnings: Warnings): Record<string, boolean> | null {
  const { consent: given } = context
  const preferences = isJsonObject(given) ? given.categoryPreferences : given
  if (preferences === undefined || preferences === null) return null
  if (!isJsonObject(preferences)) {
    warnings.push('context.consent has no categoryPreferences object; consent counts as unknown')
    return null
  }
  const consent: Record<string, boolean> = {}
  for (const category in preferences) {
    const granted = preferences[category]
    if (granted === true || granted === 'true') consent[category] = true
    else if (granted === false || granted === 'false') consent[category] = false
    else
      warnings.push(
        `consent category "${category}" is neither true nor false and counts as unknown`,
      )
  }
  return consent
}

function contextOf(message: Message): CanonicalContext {
  const { context } = message
  const out: Record<string, unknown> = {}
  if (context.ip && typeof context.ip === 'string') out.ip = context.ip
  if (context.userAgent && typeof context.userAgent === 'string') out.user_agent = context.userAgent
  if (context.locale && typeof context.locale === 'string') out.locale = context.locale
  const groupId = textOf(context.groupId)
  if (groupId !== null) out.group_id = groupId
  if (isJsonObject(context.page)) out.page = context.page
  if (isJsonObject(context.campaign)) out.campaign = context.campaign
  const clickIds = clickIdsOf(context, message.properties)
  if (clickIds) out.click_ids = clickIds
  return out
}
