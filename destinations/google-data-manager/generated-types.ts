// Generated file. DO NOT MODIFY IT BY HAND.

export interface Settings {
  /**
   * The Google Ads account that owns the conversion actions, e.g. 123-456-7890.
   */
  operating_account_id: string
  /**
   * The manager account through which the connected Google user reaches the operating account. Empty when the user has direct access.
   */
  login_account_id?: string
  /**
   * Which conversion action counts which conversion: name=id, separated by commas, e.g. purchase=123456789, lead=987654321.
   */
  conversion_actions?: string
  /**
   * Conversion action for conversions that "Conversion actions" does not name.
   */
  conversion_action_id?: string
  /**
   * Merchant Center account whose product ids the carts use.
   */
  merchant_id?: string
  /**
   * Feed label (formerly country) of the Merchant Center feed.
   */
  merchant_feed_label?: string
  /**
   * Language of the Merchant Center feed, ISO 639-1, e.g. de.
   */
  merchant_feed_language_code?: string
  /**
   * Google checks each request and counts nothing. For trying a set-up out.
   */
  validate_only?: boolean
  /**
   * Where the API is; another address only for tests.
   */
  base_url?: string
  /**
   * Where access tokens are renewed; another address only for tests.
   */
  token_url?: string
}
