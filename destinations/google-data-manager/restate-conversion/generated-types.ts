// Generated file. DO NOT MODIFY IT BY HAND.

export interface Payload {
  /**
   * Name of the conversion to restate, as the setting "Conversion actions" has it.
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
   * The transaction id that the conversion was uploaded with: the order id.
   */
  transaction_id: string
  /**
   * What the order is still worth after the refund; 0 when all was paid back.
   */
  restated_value: number
  /**
   * Currency of the value, ISO 4217. Required unless the value is 0.
   */
  currency?: string
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
