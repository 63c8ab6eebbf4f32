// Generated file. DO NOT MODIFY IT BY HAND.

export interface Settings {
  /**
   * Access token of the event sources: Events Manager, Settings, Events API.
   */
  accessToken: string
  /**
   * Receives web events.
   */
  pixelCode?: string
  /**
   * Receives app events, which TikTok opens for chosen advertisers only.
   */
  tiktokAppId?: string
  /**
   * Receives offline events.
   */
  offlineEventSetId?: string
  /**
   * Sends the events to the Test events tab. Leave it empty in production.
   */
  testEventCode?: string
  /**
   * Where the API is; another address is for tests.
   */
  baseUrl?: string
}
