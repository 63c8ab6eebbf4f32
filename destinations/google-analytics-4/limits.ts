// What Google Analytics takes. Pages: "Measurement Protocol: Send events" (limitations), "Measurement Protocol
// reference" (body below 130 kB, reserved names), "Event collection limits" (support 9267744), "Event naming rules"
// (support 13316687).

/** Events in one request, all of one client. */
export const MAX_EVENTS = 25
/** A little less than 130 kB: the request's own fields come on top of the events. */
export const MAX_BODY_BYTES = 125_000
export const MAX_PARAMS = 25
export const MAX_ITEMS = 200
/** Custom parameters in one item. */
export const MAX_CUSTOM_ITEM_PARAMS = 10
/** Names of events and of parameters. */
export const NAME = /^[A-Za-z][A-Za-z0-9_]{0,39}$/
export const RESERVED_PREFIX = /^(?:_|firebase_|ga_|google_|gtag\.)/
const MAX_TEXT = 100
// "page_location 1,000, page_referrer 420, page_title 300"
const LONGER_TEXT: Readonly<Record<string, number>> = {
  page_location: 1000,
  page_referrer: 420,
  page_title: 300,
}

export const maxTextOf = (name: string): number => LONGER_TEXT[name] ?? MAX_TEXT

/** Names an event may not have: "Measurement Protocol reference", "Reserved names". */
export const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  'ad_activeview',
  'ad_click',
  'ad_exposure',
  'ad_query',
  'ad_reward',
  'adunit_exposure',
  'app_clear_data',
  'app_exception',
  'app_install',
  'app_remove',
  'app_store_refund',
  'app_update',
  'app_upgrade',
  'dynamic_link_app_open',
  'dynamic_link_app_update',
  'dynamic_link_first_open',
  'error',
  'first_open',
  'first_visit',
  'notification_dismiss',
  'notification_foreground',
  'notification_open',
  'notification_receive',
  'os_update',
  'session_start',
  'user_engagement',
])

/** Custom parameters may not have these names; the protocol itself defines two of them. */
export const RESERVED_PARAMS: ReadonlySet<string> = new Set([
  'engagement_time_msec',
  'gclid',
  'session_id',
  'session_number',
])

/** Item parameters that Analytics defines (page "Events", `items`); all others count as custom. */
export const ITEM_PARAMS: ReadonlySet<string> = new Set([
  'item_id',
  'item_name',
  'affiliation',
  'coupon',
  'discount',
  'index',
  'item_brand',
  'item_category',
  'item_category2',
  'item_category3',
  'item_category4',
  'item_category5',
  'item_list_id',
  'item_list_name',
  'item_variant',
  'location_id',
  'price',
  'quantity',
])
