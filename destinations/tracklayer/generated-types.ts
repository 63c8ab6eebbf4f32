// Generated file. DO NOT MODIFY IT BY HAND.

export interface Settings {
  /**
   * HTTPS address of your TrackLayer store, e.g. https://tracklayer.example.com.
   */
  storeUrl: string
  /**
   * Your TrackLayer account, e.g. acct_live_123.
   */
  account: string
  /**
   * Which environment of the store receives the messages, e.g. production.
   */
  environment: string
  /**
   * A secret that is live for this account and environment in the store.
   */
  secret: string
  /**
   * Names of the track events that may leave Segment, separated by commas. Leave it empty to send every one.
   */
  allowlist?: string
}
// Generated file. DO NOT MODIFY IT BY HAND.

export interface AudienceSettings {
  /**
   * Name of the audience in TrackLayer. By default it is the name it has in Segment.
   */
  audienceName?: string
}
