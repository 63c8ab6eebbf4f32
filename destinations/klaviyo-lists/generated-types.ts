// Generated file. DO NOT MODIFY IT BY HAND.

export interface Settings {
  /**
   * Key with the scopes lists:read, lists:write, profiles:read and profiles:write.
   */
  api_key: string
  /**
   * Revision of the API, a date.
   */
  revision?: string
  /**
   * Where the API is; another address is for tests.
   */
  base_url?: string
}
