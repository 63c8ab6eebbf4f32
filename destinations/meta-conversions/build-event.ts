// A mapped payload → Meta's server event, with the identity normalised and hashed. Pure: delivery and the benchmark call
// it directly. Names, order and forms are those of "Server Event Parameters", "Customer Information Parameters" and
// "Custom Data Parameters", https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters
import type { FieldHints, IdentityField } from '../../core/identity-fields/field.ts'
import { isFbc, isFbp, metaBrowserIds } from '../../core/identity-fields/meta-browser-ids.ts'
import { hashField } from '../../core/identity-fields/normalise-field.ts'
import { unixSeconds } from '../vendor-answers/event-time.ts'
import { currencyCode, ipAddress } from '../vendor-answers/plain-values.ts'
import type { Built } from '../vendor-answers/send-batch.ts'
import { isTooBroad } from './matching.ts'
import type { Payload } from './send-event/generated-types.ts'

export interface MetaUserData {
  em?: readonly string[]
  ph?: readonly string[]
  fn?: string
  ln?: string
  ct?: string
  st?: string
  zp?: string
  country?: string
  db?: string
  ge?: string
  external_id?: readonly string[]
  client_ip_address?: string
  client_user_agent?: string
  fbc?: string
  fbp?: string
  lead_id?: string
  subscription_id?: string
  anon_id?: string
  madid?: string
}

export interface MetaCustomData {
  value?: number
  currency?: string
  content_ids?: readonly string[]
  contents?: readonly object[]
  content_type?: string
  content_name?: string
  content_category?: string
  order_id?: string
  num_items?: number
  search_string?: string
  status?: string
  predicted_ltv?: number
  net_revenue?: number
  delivery_category?: string
}

export interface MetaEvent {
  event_name: string
  event_time: number
  event_id: string
  action_source: string
  event_source_url?: string
  referrer_url?: string
  opt_out?: boolean
  user_data: MetaUserData
  custom_data?: MetaCustomData
  app_data?: Record<string, unknown>
  data_processing_options?: readonly string[]
  data_processing_options_country?: number
  data_processing_options_state?: number
}

/** What Meta would refuse is `invalid` here: one such event has the other 999 refused too. */
export function buildMetaEvent(payload: Payload): Built<MetaEvent> {
  const eventTime = unixSeconds(payload.event_time)
  if (eventTime === null) return invalid('event_time is no time')
  // In a batch actions-core lets an empty string pass as a required one.
  if (!payload.event_name) return invalid('event_name is empty')
  if (!payload.event_id) return invalid('event_id is empty')
  const userData = buildUserData(payload.user_data ?? {}, payload.event_time)
  if (isTooBroad(userData)) return invalid('user_data has nothing that tells one person from many')
  const customData = buildCustomData(payload)
  if (payload.event_name === 'Purchase' && !isPriced(customData)) {
    return invalid('Purchase needs value and currency')
  }
  const event: Partial<MetaEvent> = {
    event_name: payload.event_name,
    event_time: eventTime,
    event_id: payload.event_id,
    action_source: payload.action_source,
  }
  if (payload.event_source_url) event.event_source_url = payload.event_source_url
  if (payload.referrer_url) event.referrer_url = payload.referrer_url
  if (payload.opt_out !== undefined) event.opt_out = payload.opt_out
  event.user_data = userData
  if (customData !== undefined) event.custom_data = customData
  if (payload.app_data !== undefined) event.app_data = payload.app_data
  if (payload.data_processing_options) limitDataUse(event, payload)
  return { kind: 'event', event: event as MetaEvent }
}

const invalid = (reason: string): Built<MetaEvent> => ({ kind: 'invalid', reason })

type UserData = NonNullable<Payload['user_data']>

// Written out field by field: objects that get their keys from a loop cost the builder a third of its time.
function buildUserData(user: UserData, time: string | number): MetaUserData {
  const data: MetaUserData = {}
  const hints: FieldHints = { country: user.country }
  const em = hashOf('email', user.email, hints)
  if (em !== null) data.em = [em]
  const ph = hashOf('phone', user.phone, hints)
  if (ph !== null) data.ph = [ph]
  const fn = hashOf('first_name', user.first_name, hints)
  if (fn !== null) data.fn = fn
  const ln = hashOf('last_name', user.last_name, hints)
  if (ln !== null) data.ln = ln
  const ct = hashOf('city', user.city, hints)
  if (ct !== null) data.ct = ct
  const st = hashOf('region', user.region, hints)
  if (st !== null) data.st = st
  const zp = hashOf('postal_code', user.postal_code, hints)
  if (zp !== null) data.zp = zp
  const country = hashOf('country', user.country, hints)
  if (country !== null) data.country = country
  const db = hashOf('birthday', user.birthday, hints)
  if (db !== null) data.db = db
  const ge = hashOf('gender', user.gender, hints)
  if (ge !== null) data.ge = ge
  const externalIds = hashedIds(user.external_id)
  if (externalIds.length > 0) data.external_id = externalIds
  const ip = ipAddress(user.client_ip_address)
  if (ip !== undefined) data.client_ip_address = ip
  if (user.client_user_agent) data.client_user_agent = user.client_user_agent
  addBrowserIds(data, user, time)
  if (user.lead_id) data.lead_id = user.lead_id
  if (user.subscription_id) data.subscription_id = user.subscription_id
  if (user.anon_id) data.anon_id = user.anon_id
  if (user.madid) data.madid = user.madid
  return data
}

function hashOf(field: IdentityField, raw: string | undefined, hints: FieldHints): string | null {
  return raw ? hashField('meta', field, raw, hints) : null
}

function hashedIds(ids: readonly string[] | undefined): readonly string[] {
  const hashes: string[] = []
  for (const id of ids ?? []) {
    const hash = hashField('meta', 'external_id', id)
    if (hash !== null && !hashes.includes(hash)) hashes.push(hash)
  }
  return hashes
}

function addBrowserIds(data: MetaUserData, user: UserData, time: string | number) {
  const { fbp, fbc, fbclid } = user
  if (fbclid) {
    const given = { fbclid, ...(fbc && { fbc }) }
    const ids = metaBrowserIds(given, typeof time === 'string' ? time : isoTime(time))
    if (ids.fbc !== undefined) data.fbc = ids.fbc
  } else if (isFbc(fbc)) {
    data.fbc = fbc
  }
  if (isFbp(fbp)) data.fbp = fbp
}

const isoTime = (time: number) => new Date((unixSeconds(time) ?? 0) * 1000).toISOString()

function buildCustomData(payload: Payload): MetaCustomData | undefined {
  const custom = payload.custom_data ?? {}
  const data: MetaCustomData = {}
  if (custom.value !== undefined) data.value = custom.value
  const currency = currencyCode(custom.currency)
  if (currency !== undefined) data.currency = currency
  addContents(data, custom)
  if (custom.content_name) data.content_name = custom.content_name
  if (custom.content_category) data.content_category = custom.content_category
  if (custom.order_id) data.order_id = custom.order_id
  if (custom.num_items !== undefined) data.num_items = custom.num_items
  if (custom.search_string) data.search_string = custom.search_string
  if (custom.status) data.status = custom.status
  if (custom.predicted_ltv !== undefined) data.predicted_ltv = custom.predicted_ltv
  if (custom.net_revenue !== undefined) data.net_revenue = custom.net_revenue
  if (custom.delivery_category) data.delivery_category = custom.delivery_category
  // A property of one's own never takes the place of one that Meta defines.
  if (payload.custom_properties) return { ...payload.custom_properties, ...data }
  for (const _ in data) return data
  return undefined
}

type CustomData = NonNullable<Payload['custom_data']>

function addContents(data: MetaCustomData, custom: CustomData) {
  const { content_ids: ids, contents: given } = custom
  const contents = given?.every(({ id }) => id) ? given : given?.filter(({ id }) => id)
  if (ids !== undefined && ids.length > 0) data.content_ids = ids
  if (contents !== undefined && contents.length > 0) data.contents = contents
  if (custom.content_type && (data.content_ids || data.contents)) {
    data.content_type = custom.content_type
  }
}

function isPriced(data: MetaCustomData | undefined): boolean {
  return data !== undefined && data.value !== undefined && data.currency !== undefined
}

// "Data Processing Options for US Users": LDU comes with country and state, and 0 has Meta find them out.
function limitDataUse(event: Partial<MetaEvent>, payload: Payload) {
  const options = payload.data_processing_options ?? []
  event.data_processing_options = options
  if (!options.includes('LDU')) return
  event.data_processing_options_country = payload.data_processing_options_country ?? 0
  event.data_processing_options_state = payload.data_processing_options_state ?? 0
}
