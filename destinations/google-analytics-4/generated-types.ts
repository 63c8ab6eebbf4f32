// Generated file. DO NOT MODIFY IT BY HAND.

export interface Settings {
  /**
   * Measurement id of the web data stream, e.g. G-AB12CD34EF.
   */
  measurement_id: string
  /**
   * Measurement Protocol API secret of the data stream.
   */
  api_secret: string
  /**
   * Where events go: https://region1.google-analytics.com for collection in the EU.
   */
  base_url?: string
}

export interface PurchasePayload {
  /**
   * The browser as the Google tag knows it: its client id, or the value of the cookie _ga.
   */
  client_id?: string
  /**
   * Without a client id, one is derived of this; the same value gives the same id.
   */
  anonymous_id?: string
  /**
   * The known user. Must not be an address or anything else that Google can read.
   */
  user_id?: string
  /**
   * Id of the session in the Google tag, for attribution and the realtime report.
   */
  session_id?: string
  /**
   * Milliseconds of engagement. Without it the event counts for no active user in reports.
   */
  engagement_time_msec?: number
  /**
   * When the event happened: ISO 8601 with a zone, or Unix seconds. At most 72 hours ago.
   */
  occurred_at: string | number
  /**
   * Our id of the event, as the custom parameter event_id.
   */
  event_id?: string
  /**
   * Whether the person lets Google use the data for advertising.
   */
  ad_user_data?: string
  /**
   * Whether the person lets Google personalise ads.
   */
  ad_personalization?: string
  /**
   * Custom parameters: text, numbers or booleans under names of letters, digits and _. At most 25 with all others.
   */
  params?: {
    [k: string]: unknown
  }
  /**
   * Send events of one client in one request.
   */
  enable_batching?: boolean
  /**
   * Events taken at once; they are grouped by client, 25 to a request.
   */
  batch_size?: number
  /**
   * The order id. Analytics counts a purchase with a known one once.
   */
  transaction_id: string
  /**
   * Tax of the order.
   */
  tax?: number
  /**
   * Shipping cost of the order.
   */
  shipping?: number
  /**
   * Code of the coupon.
   */
  coupon?: string
  /**
   * The shop or partner that the order came through.
   */
  affiliation?: string
  /**
   * What the event is worth.
   */
  value?: number
  /**
   * Currency of the value, ISO 4217. Needed with a value.
   */
  currency?: string
  /**
   * The products; each needs an item_id or an item_name. At most 200.
   */
  items?: {
    /**
     * The SKU.
     */
    item_id?: string
    /**
     * The product’s name.
     */
    item_name?: string
    /**
     * The brand.
     */
    item_brand?: string
    /**
     * The category.
     */
    item_category?: string
    /**
     * Colour, size or the like.
     */
    item_variant?: string
    /**
     * Price of one.
     */
    price?: number
    /**
     * How many.
     */
    quantity?: number
    [k: string]: unknown
  }[]
}

export interface RefundPayload {
  /**
   * The browser as the Google tag knows it: its client id, or the value of the cookie _ga.
   */
  client_id?: string
  /**
   * Without a client id, one is derived of this; the same value gives the same id.
   */
  anonymous_id?: string
  /**
   * The known user. Must not be an address or anything else that Google can read.
   */
  user_id?: string
  /**
   * Id of the session in the Google tag, for attribution and the realtime report.
   */
  session_id?: string
  /**
   * Milliseconds of engagement. Without it the event counts for no active user in reports.
   */
  engagement_time_msec?: number
  /**
   * When the event happened: ISO 8601 with a zone, or Unix seconds. At most 72 hours ago.
   */
  occurred_at: string | number
  /**
   * Our id of the event, as the custom parameter event_id.
   */
  event_id?: string
  /**
   * Whether the person lets Google use the data for advertising.
   */
  ad_user_data?: string
  /**
   * Whether the person lets Google personalise ads.
   */
  ad_personalization?: string
  /**
   * Custom parameters: text, numbers or booleans under names of letters, digits and _. At most 25 with all others.
   */
  params?: {
    [k: string]: unknown
  }
  /**
   * Send events of one client in one request.
   */
  enable_batching?: boolean
  /**
   * Events taken at once; they are grouped by client, 25 to a request.
   */
  batch_size?: number
  /**
   * The order id. Analytics counts a purchase with a known one once.
   */
  transaction_id: string
  /**
   * Tax of the order.
   */
  tax?: number
  /**
   * Shipping cost of the order.
   */
  shipping?: number
  /**
   * Code of the coupon.
   */
  coupon?: string
  /**
   * The shop or partner that the order came through.
   */
  affiliation?: string
  /**
   * What the event is worth.
   */
  value?: number
  /**
   * Currency of the value, ISO 4217. Needed with a value.
   */
  currency?: string
  /**
   * The products; each needs an item_id or an item_name. At most 200.
   */
  items?: {
    /**
     * The SKU.
     */
    item_id?: string
    /**
     * The product’s name.
     */
    item_name?: string
    /**
     * The brand.
     */
    item_brand?: string
    /**
     * The category.
     */
    item_category?: string
    /**
     * Colour, size or the like.
     */
    item_variant?: string
    /**
     * Price of one.
     */
    price?: number
    /**
     * How many.
     */
    quantity?: number
    [k: string]: unknown
  }[]
}

export interface AddToCartPayload {
  /**
   * The browser as the Google tag knows it: its client id, or the value of the cookie _ga.
   */
  client_id?: string
  /**
   * Without a client id, one is derived of this; the same value gives the same id.
   */
  anonymous_id?: string
  /**
   * The known user. Must not be an address or anything else that Google can read.
   */
  user_id?: string
  /**
   * Id of the session in the Google tag, for attribution and the realtime report.
   */
  session_id?: string
  /**
   * Milliseconds of engagement. Without it the event counts for no active user in reports.
   */
  engagement_time_msec?: number
  /**
   * When the event happened: ISO 8601 with a zone, or Unix seconds. At most 72 hours ago.
   */
  occurred_at: string | number
  /**
   * Our id of the event, as the custom parameter event_id.
   */
  event_id?: string
  /**
   * Whether the person lets Google use the data for advertising.
   */
  ad_user_data?: string
  /**
   * Whether the person lets Google personalise ads.
   */
  ad_personalization?: string
  /**
   * Custom parameters: text, numbers or booleans under names of letters, digits and _. At most 25 with all others.
   */
  params?: {
    [k: string]: unknown
  }
  /**
   * Send events of one client in one request.
   */
  enable_batching?: boolean
  /**
   * Events taken at once; they are grouped by client, 25 to a request.
   */
  batch_size?: number
  /**
   * What the event is worth.
   */
  value?: number
  /**
   * Currency of the value, ISO 4217. Needed with a value.
   */
  currency?: string
  /**
   * The products; each needs an item_id or an item_name. At most 200.
   */
  items?: {
    /**
     * The SKU.
     */
    item_id?: string
    /**
     * The product’s name.
     */
    item_name?: string
    /**
     * The brand.
     */
    item_brand?: string
    /**
     * The category.
     */
    item_category?: string
    /**
     * Colour, size or the like.
     */
    item_variant?: string
    /**
     * Price of one.
     */
    price?: number
    /**
     * How many.
     */
    quantity?: number
    [k: string]: unknown
  }[]
}

export interface BeginCheckoutPayload {
  /**
   * The browser as the Google tag knows it: its client id, or the value of the cookie _ga.
   */
  client_id?: string
  /**
   * Without a client id, one is derived of this; the same value gives the same id.
   */
  anonymous_id?: string
  /**
   * The known user. Must not be an address or anything else that Google can read.
   */
  user_id?: string
  /**
   * Id of the session in the Google tag, for attribution and the realtime report.
   */
  session_id?: string
  /**
   * Milliseconds of engagement. Without it the event counts for no active user in reports.
   */
  engagement_time_msec?: number
  /**
   * When the event happened: ISO 8601 with a zone, or Unix seconds. At most 72 hours ago.
   */
  occurred_at: string | number
  /**
   * Our id of the event, as the custom parameter event_id.
   */
  event_id?: string
  /**
   * Whether the person lets Google use the data for advertising.
   */
  ad_user_data?: string
  /**
   * Whether the person lets Google personalise ads.
   */
  ad_personalization?: string
  /**
   * Custom parameters: text, numbers or booleans under names of letters, digits and _. At most 25 with all others.
   */
  params?: {
    [k: string]: unknown
  }
  /**
   * Send events of one client in one request.
   */
  enable_batching?: boolean
  /**
   * Events taken at once; they are grouped by client, 25 to a request.
   */
  batch_size?: number
  /**
   * What the event is worth.
   */
  value?: number
  /**
   * Currency of the value, ISO 4217. Needed with a value.
   */
  currency?: string
  /**
   * The products; each needs an item_id or an item_name. At most 200.
   */
  items?: {
    /**
     * The SKU.
     */
    item_id?: string
    /**
     * The product’s name.
     */
    item_name?: string
    /**
     * The brand.
     */
    item_brand?: string
    /**
     * The category.
     */
    item_category?: string
    /**
     * Colour, size or the like.
     */
    item_variant?: string
    /**
     * Price of one.
     */
    price?: number
    /**
     * How many.
     */
    quantity?: number
    [k: string]: unknown
  }[]
  /**
   * Code of the coupon.
   */
  coupon?: string
}

export interface ViewItemPayload {
  /**
   * The browser as the Google tag knows it: its client id, or the value of the cookie _ga.
   */
  client_id?: string
  /**
   * Without a client id, one is derived of this; the same value gives the same id.
   */
  anonymous_id?: string
  /**
   * The known user. Must not be an address or anything else that Google can read.
   */
  user_id?: string
  /**
   * Id of the session in the Google tag, for attribution and the realtime report.
   */
  session_id?: string
  /**
   * Milliseconds of engagement. Without it the event counts for no active user in reports.
   */
  engagement_time_msec?: number
  /**
   * When the event happened: ISO 8601 with a zone, or Unix seconds. At most 72 hours ago.
   */
  occurred_at: string | number
  /**
   * Our id of the event, as the custom parameter event_id.
   */
  event_id?: string
  /**
   * Whether the person lets Google use the data for advertising.
   */
  ad_user_data?: string
  /**
   * Whether the person lets Google personalise ads.
   */
  ad_personalization?: string
  /**
   * Custom parameters: text, numbers or booleans under names of letters, digits and _. At most 25 with all others.
   */
  params?: {
    [k: string]: unknown
  }
  /**
   * Send events of one client in one request.
   */
  enable_batching?: boolean
  /**
   * Events taken at once; they are grouped by client, 25 to a request.
   */
  batch_size?: number
  /**
   * What the event is worth.
   */
  value?: number
  /**
   * Currency of the value, ISO 4217. Needed with a value.
   */
  currency?: string
  /**
   * The products; each needs an item_id or an item_name. At most 200.
   */
  items?: {
    /**
     * The SKU.
     */
    item_id?: string
    /**
     * The product’s name.
     */
    item_name?: string
    /**
     * The brand.
     */
    item_brand?: string
    /**
     * The category.
     */
    item_category?: string
    /**
     * Colour, size or the like.
     */
    item_variant?: string
    /**
     * Price of one.
     */
    price?: number
    /**
     * How many.
     */
    quantity?: number
    [k: string]: unknown
  }[]
}

export interface SearchPayload {
  /**
   * The browser as the Google tag knows it: its client id, or the value of the cookie _ga.
   */
  client_id?: string
  /**
   * Without a client id, one is derived of this; the same value gives the same id.
   */
  anonymous_id?: string
  /**
   * The known user. Must not be an address or anything else that Google can read.
   */
  user_id?: string
  /**
   * Id of the session in the Google tag, for attribution and the realtime report.
   */
  session_id?: string
  /**
   * Milliseconds of engagement. Without it the event counts for no active user in reports.
   */
  engagement_time_msec?: number
  /**
   * When the event happened: ISO 8601 with a zone, or Unix seconds. At most 72 hours ago.
   */
  occurred_at: string | number
  /**
   * Our id of the event, as the custom parameter event_id.
   */
  event_id?: string
  /**
   * Whether the person lets Google use the data for advertising.
   */
  ad_user_data?: string
  /**
   * Whether the person lets Google personalise ads.
   */
  ad_personalization?: string
  /**
   * Custom parameters: text, numbers or booleans under names of letters, digits and _. At most 25 with all others.
   */
  params?: {
    [k: string]: unknown
  }
  /**
   * Send events of one client in one request.
   */
  enable_batching?: boolean
  /**
   * Events taken at once; they are grouped by client, 25 to a request.
   */
  batch_size?: number
  /**
   * What was searched for.
   */
  search_term: string
}

export interface GenerateLeadPayload {
  /**
   * The browser as the Google tag knows it: its client id, or the value of the cookie _ga.
   */
  client_id?: string
  /**
   * Without a client id, one is derived of this; the same value gives the same id.
   */
  anonymous_id?: string
  /**
   * The known user. Must not be an address or anything else that Google can read.
   */
  user_id?: string
  /**
   * Id of the session in the Google tag, for attribution and the realtime report.
   */
  session_id?: string
  /**
   * Milliseconds of engagement. Without it the event counts for no active user in reports.
   */
  engagement_time_msec?: number
  /**
   * When the event happened: ISO 8601 with a zone, or Unix seconds. At most 72 hours ago.
   */
  occurred_at: string | number
  /**
   * Our id of the event, as the custom parameter event_id.
   */
  event_id?: string
  /**
   * Whether the person lets Google use the data for advertising.
   */
  ad_user_data?: string
  /**
   * Whether the person lets Google personalise ads.
   */
  ad_personalization?: string
  /**
   * Custom parameters: text, numbers or booleans under names of letters, digits and _. At most 25 with all others.
   */
  params?: {
    [k: string]: unknown
  }
  /**
   * Send events of one client in one request.
   */
  enable_batching?: boolean
  /**
   * Events taken at once; they are grouped by client, 25 to a request.
   */
  batch_size?: number
  /**
   * What the event is worth.
   */
  value?: number
  /**
   * Currency of the value, ISO 4217. Needed with a value.
   */
  currency?: string
  /**
   * Where the lead came from.
   */
  lead_source?: string
}

export interface SignUpPayload {
  /**
   * The browser as the Google tag knows it: its client id, or the value of the cookie _ga.
   */
  client_id?: string
  /**
   * Without a client id, one is derived of this; the same value gives the same id.
   */
  anonymous_id?: string
  /**
   * The known user. Must not be an address or anything else that Google can read.
   */
  user_id?: string
  /**
   * Id of the session in the Google tag, for attribution and the realtime report.
   */
  session_id?: string
  /**
   * Milliseconds of engagement. Without it the event counts for no active user in reports.
   */
  engagement_time_msec?: number
  /**
   * When the event happened: ISO 8601 with a zone, or Unix seconds. At most 72 hours ago.
   */
  occurred_at: string | number
  /**
   * Our id of the event, as the custom parameter event_id.
   */
  event_id?: string
  /**
   * Whether the person lets Google use the data for advertising.
   */
  ad_user_data?: string
  /**
   * Whether the person lets Google personalise ads.
   */
  ad_personalization?: string
  /**
   * Custom parameters: text, numbers or booleans under names of letters, digits and _. At most 25 with all others.
   */
  params?: {
    [k: string]: unknown
  }
  /**
   * Send events of one client in one request.
   */
  enable_batching?: boolean
  /**
   * Events taken at once; they are grouped by client, 25 to a request.
   */
  batch_size?: number
  /**
   * How the account was made, e.g. Google or email.
   */
  method?: string
}

export interface CustomEventPayload {
  /**
   * A letter, then letters, digits and _, at most 40; not one of Google’s own names.
   */
  event_name: string
  /**
   * The browser as the Google tag knows it: its client id, or the value of the cookie _ga.
   */
  client_id?: string
  /**
   * Without a client id, one is derived of this; the same value gives the same id.
   */
  anonymous_id?: string
  /**
   * The known user. Must not be an address or anything else that Google can read.
   */
  user_id?: string
  /**
   * Id of the session in the Google tag, for attribution and the realtime report.
   */
  session_id?: string
  /**
   * Milliseconds of engagement. Without it the event counts for no active user in reports.
   */
  engagement_time_msec?: number
  /**
   * When the event happened: ISO 8601 with a zone, or Unix seconds. At most 72 hours ago.
   */
  occurred_at: string | number
  /**
   * Our id of the event, as the custom parameter event_id.
   */
  event_id?: string
  /**
   * Whether the person lets Google use the data for advertising.
   */
  ad_user_data?: string
  /**
   * Whether the person lets Google personalise ads.
   */
  ad_personalization?: string
  /**
   * Custom parameters: text, numbers or booleans under names of letters, digits and _. At most 25 with all others.
   */
  params?: {
    [k: string]: unknown
  }
  /**
   * Send events of one client in one request.
   */
  enable_batching?: boolean
  /**
   * Events taken at once; they are grouped by client, 25 to a request.
   */
  batch_size?: number
  /**
   * What the event is worth.
   */
  value?: number
  /**
   * Currency of the value, ISO 4217. Needed with a value.
   */
  currency?: string
  /**
   * The products; each needs an item_id or an item_name. At most 200.
   */
  items?: {
    /**
     * The SKU.
     */
    item_id?: string
    /**
     * The product’s name.
     */
    item_name?: string
    /**
     * The brand.
     */
    item_brand?: string
    /**
     * The category.
     */
    item_category?: string
    /**
     * Colour, size or the like.
     */
    item_variant?: string
    /**
     * Price of one.
     */
    price?: number
    /**
     * How many.
     */
    quantity?: number
    [k: string]: unknown
  }[]
}
