// Generated file. DO NOT MODIFY IT BY HAND.

export interface Settings {
  /**
   * Id of the pixel or dataset that receives the events.
   */
  pixelId: string
  /**
   * Access token of the pixel: Events Manager, Settings, Conversions API.
   */
  accessToken: string
  /**
   * Shows the events under Test events. They still count: leave it empty in production.
   */
  testEventCode?: string
  /**
   * Version of the Graph API.
   */
  apiVersion?: string
  /**
   * Where the Graph API is; another address is for tests.
   */
  baseUrl?: string
}
