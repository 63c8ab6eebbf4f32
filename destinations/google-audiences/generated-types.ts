// Generated file. DO NOT MODIFY IT BY HAND.

export interface Settings {
  /**
   * The Google Ads account that owns the lists, e.g. 123-456-7890.
   */
  operating_account_id: string
  /**
   * The manager account through which the connected Google user reaches the operating account. Empty when the user has direct access.
   */
  login_account_id?: string
  /**
   * ACCEPTED once you accepted the Customer Match terms in Google Ads. Nobody is added before that.
   */
  customer_match_terms?: string
  /**
   * Google checks each request and changes nothing. For trying a set-up out.
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

export interface AudienceSettings {
  /**
   * After how many days without being added again Google drops a member. Empty for the longest that Google allows.
   */
  membership_days?: number
}
