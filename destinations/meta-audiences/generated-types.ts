// Generated file. DO NOT MODIFY IT BY HAND.

export interface Settings {
  /**
   * Id of the ad account that owns the audiences, with or without act_.
   */
  adAccountId: string
  /**
   * Token of a system user with ads_management for the ad account.
   */
  accessToken: string
  /**
   * Version of the Graph API.
   */
  apiVersion?: string
  /**
   * Where the Graph API is; another address is for tests.
   */
  baseUrl?: string
}
