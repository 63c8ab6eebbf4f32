// Generated file. DO NOT MODIFY IT BY HAND.

export interface Payload {
  /**
   * Name of the conversion, which the setting "Conversion actions" turns into the id of a conversion action.
   */
  conversion?: string
  /**
   * Numeric id of the Google Ads conversion action, if it is not to come from the settings.
   */
  conversion_action_id?: string
  /**
   * When the event happened: ISO 8601 with a zone, or Unix seconds.
   */
  occurred_at: string | number
  /**
   * Where the event happened. It must agree with the conversion action.
   */
  event_source?: string
  /**
   * The Google click id of the ad click.
   */
  gclid?: string
  /**
   * The click id of clicks on iOS that lead into an app.
   */
  gbraid?: string
  /**
   * The click id of clicks in an app on iOS that lead to the web.
   */
  wbraid?: string
  /**
   * Encoded session attributes that the Google tag gave, for attribution.
   */
  session_attributes?: string
  /**
   * Address as it is, or its SHA-256. Normalised and hashed before it leaves.
   */
  email?: string
  /**
   * Number as it is, or its SHA-256. Brought to E.164 and hashed before it leaves.
   */
  phone?: string
  /**
   * Hashed before it leaves. Sent only with last name, country and postal code.
   */
  first_name?: string
  /**
   * Hashed before it leaves. Sent only with first name, country and postal code.
   */
  last_name?: string
  /**
   * Two-letter code of the address; also the country of a phone number without +.
   */
  country?: string
  /**
   * Postal code of the address, not hashed.
   */
  postal_code?: string
  /**
   * Whether the person lets Google use the data for advertising. Denied: no identifier of the person is sent.
   */
  ad_user_data?: string
  /**
   * Whether the person lets Google personalise ads.
   */
  ad_personalization?: string
  /**
   * Identifies the conversion: the order id, so that the tag, this upload and a later restatement are one conversion. Events without an order send their event id.
   */
  transaction_id: string
  /**
   * What the conversion is worth.
   */
  value?: number
  /**
   * Currency of the value, ISO 4217.
   */
  currency?: string
  /**
   * The products of the cart, for conversions with cart data.
   */
  line_items?: {
    /**
     * Product id as in the Merchant Center feed.
     */
    item_id?: string
    /**
     * How many.
     */
    quantity?: number
    /**
     * Price of one, without tax, shipping and discounts of the whole order.
     */
    price?: number
  }[]
  /**
   * Sum of all discounts of the order.
   */
  discount?: number
  /**
   * The browser at the time of the event.
   */
  user_agent?: string
  /**
   * The address at the time of the event. Not mapped by default: Google does not take it for people in the EEA, the United Kingdom and Switzerland.
   */
  ip_address?: string
  /**
   * Send many events in one request.
   */
  enable_batching?: boolean
  /**
   * Events in one request, at most 2000.
   */
  batch_size?: number
  /**
   * Events that agree in these fields may share a request.
   */
  batch_keys?: string[]
}
