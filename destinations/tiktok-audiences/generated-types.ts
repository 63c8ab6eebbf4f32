// Generated file. DO NOT MODIFY IT BY HAND.

export interface Settings {
  /**
   * Id of the advertiser that owns the audiences.
   */
  advertiserId: string
  /**
   * Token of an app with the audience permission for the advertiser.
   */
  accessToken: string
  /**
   * Where the API is; another address is for tests.
   */
  baseUrl?: string
}
