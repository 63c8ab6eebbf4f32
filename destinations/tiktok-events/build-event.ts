// A mapped payload → TikTok's event object, with the identity normalised and hashed. Pure: delivery and the benchmark call
// it directly. Names, order, and which source takes which field: "Report App, Web, Offline, or CRM Events",
// https://business-api.tiktok.com/portal/docs?id=1771101303285761; names and address: "Parameters", id=1771101151059969.
import type { FieldHints, IdentityField } from '../../core/identity-fields/field.ts'
import { hashField, sendableField } from '../../core/identity-fields/normalise-field.ts'
import { unixSeconds } from '../vendor-answers/event-time.ts'
import { currencyCode, ipAddress } from '../vendor-answers/plain-values.ts'
import type { Built } from '../vendor-answers/send-batch.ts'
import { type EventSource, takesEvent } from './event-sources.ts'
import type { Payload } from './send-event/generated-types.ts'

export type TikTokUser = Record<string, string | readonly string[]>

export interface TikTokEvent {
  event: string
  event_time: number
  event_id?: string
  user: TikTokUser
  properties?: Record<string, unknown>
  page?: { url?: string; referrer?: string }
  app?: Record<string, unknown>
  limited_data_use?: boolean
}

/** What TikTok would refuse is `invalid` here: one such event has the other 999 refused too. */
export function buildTikTokEvent(payload: Payload): Built<TikTokEvent> {
  const source = payload.event_source as EventSource
  const eventTime = unixSeconds(payload.event_time)
  if (eventTime === null) return invalid('event_time is no time')
  // In a batch actions-core lets an empty string pass as a required one.
  if (!payload.event) return invalid('event is empty')
  if (!payload.event_id) return invalid('event_id is empty')
  if (!takesEvent(source, payload.event)) {
    return invalid(`offline takes standard events only, and ${payload.event} is none`)
  }
  if (source === 'app' && !payload.app?.app_id) return invalid('app events need app.app_id')
  const user = buildUser(source, payload.user ?? {})
  // Told to limit the use of data, and unable to say so, nothing is sent at all.
  if (payload.limited_data_use === true && !user.ip) {
    return invalid('limited_data_use needs user.ip, and the source web or app')
  }
  const event: Partial<TikTokEvent> = { event: payload.event, event_time: eventTime }
  // "For web, offline, and CRM events": an app event has no id to tell its copies by.
  if (source !== 'app') event.event_id = payload.event_id
  event.user = user
  const properties = buildProperties(source, payload.properties ?? {})
  if (properties !== undefined) event.properties = properties
  if (source === 'web') addPage(event, payload.page)
  if (source === 'app' && payload.app !== undefined) event.app = payload.app
  if (source !== 'offline' && payload.limited_data_use !== undefined) {
    event.limited_data_use = payload.limited_data_use
  }
  return { kind: 'event', event: event as TikTokEvent }
}

const invalid = (reason: string): Built<TikTokEvent> => ({ kind: 'invalid', reason })

type User = NonNullable<Payload['user']>

function buildUser(source: EventSource, user: User): TikTokUser {
  const built: TikTokUser = {}
  const hints: FieldHints = { country: user.country }
  const email = user.email && hashField('tiktok', 'email', user.email, hints)
  if (email) built.email = [email]
  const phone = user.phone && hashField('tiktok', 'phone', user.phone, hints)
  if (phone) built.phone = [phone]
  if (source === 'web') addWebUser(built, user, hints)
  if (source !== 'offline') addDevice(built, user)
  if (source === 'app') addAppUser(built, user)
  return built
}

function addWebUser(built: TikTokUser, user: User, hints: FieldHints) {
  const externalIds = hashedIds(user.external_id)
  if (externalIds.length > 0) built.external_id = externalIds
  if (user.ttclid) built.ttclid = user.ttclid
  if (user.ttp) built.ttp = user.ttp
  addField(built, 'first_name', 'first_name', user.first_name, hints)
  addField(built, 'last_name', 'last_name', user.last_name, hints)
  addField(built, 'city', 'city', user.city, hints)
  addField(built, 'state', 'region', user.region, hints)
  addField(built, 'country', 'country', user.country, hints)
  addField(built, 'zip_code', 'postal_code', user.postal_code, hints)
}

function addDevice(built: TikTokUser, user: User) {
  const ip = ipAddress(user.ip)
  if (ip !== undefined) built.ip = ip
  if (user.user_agent) built.user_agent = user.user_agent
  if (user.locale) built.locale = user.locale
}

// Raw IDFAs in capitals, raw GAIDs in small letters; digests of either in small letters.
function addAppUser(built: TikTokUser, user: User) {
  const idfa = user.idfa?.trim()
  if (idfa) built.idfa = idfa.length === 64 ? idfa.toLowerCase() : idfa.toUpperCase()
  if (user.idfv) built.idfv = user.idfv
  const gaid = user.gaid?.trim()
  if (gaid) built.gaid = gaid.toLowerCase()
  if (user.att_status) built.att_status = user.att_status
}

function addField(
  built: TikTokUser,
  name: string,
  field: IdentityField,
  raw: string | undefined,
  hints: FieldHints,
) {
  if (!raw) return
  const result = sendableField('tiktok', field, raw, hints)
  if ('value' in result) built[name] = result.value
}

function hashedIds(ids: readonly string[] | undefined): readonly string[] {
  const hashes: string[] = []
  for (const id of ids ?? []) {
    const hash = hashField('tiktok', 'external_id', id)
    if (hash !== null && !hashes.includes(hash)) hashes.push(hash)
  }
  return hashes
}

type Properties = NonNullable<Payload['properties']>
const PROPERTY_TEXTS = ['search_string', 'description', 'order_id', 'shop_id'] as const

function buildProperties(
  source: EventSource,
  properties: Properties,
): Record<string, unknown> | undefined {
  const built: Record<string, unknown> = {}
  const currency = currencyCode(properties.currency)
  // A value without its currency is refused; the conversion itself is worth sending.
  if (currency !== undefined && properties.value !== undefined) {
    built.currency = currency
    built.value = properties.value
  }
  const hasIds = properties.content_ids !== undefined && properties.content_ids.length > 0
  const hasContents = properties.contents !== undefined && properties.contents.length > 0
  if (hasIds) built.content_ids = properties.content_ids
  if (hasContents) built.contents = properties.contents
  if (properties.content_type && (hasIds || hasContents)) {
    built.content_type = properties.content_type
  }
  if (properties.num_items !== undefined) built.num_items = properties.num_items
  for (const name of PROPERTY_TEXTS) if (properties[name]) built[name] = properties[name]
  if (source !== 'offline' && properties.customer_type) {
    built.customer_type = properties.customer_type
  }
  for (const _ in built) return built
  return undefined
}

function addPage(event: Partial<TikTokEvent>, page: Payload['page']) {
  if (!page?.url && !page?.referrer) return
  event.page = {
    ...(page.url ? { url: page.url } : {}),
    ...(page.referrer ? { referrer: page.referrer } : {}),
  }
}
