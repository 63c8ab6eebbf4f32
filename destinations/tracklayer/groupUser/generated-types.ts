// Generated file. DO NOT MODIFY IT BY HAND.

export interface Payload {
  /**
   * The id of the account.
   */
  group_id: string
  /**
   * The traits of the account.
   */
  traits?: {
    [k: string]: unknown
  } | null
  /**
   * The id by which you know the person. It is the key of the profile in TrackLayer.
   */
  user_id?: string
  /**
   * The id of a person, or of a device, before the user id is known.
   */
  anonymous_id?: string
  /**
   * When it happened, as an ISO 8601 instant.
   */
  timestamp?: string
  /**
   * The id of the message. TrackLayer stores each id once, however often it arrives.
   */
  message_id?: string
  /**
   * The context of the message. TrackLayer reads consent, click ids, traits, page and campaign from it; without consent, nothing is known of it.
   */
  context?: {
    [k: string]: unknown
  } | null
  /**
   * What Segment noted about the message: when it was sent and received, and how.
   */
  envelope?: {
    [k: string]: unknown
  }
  /**
   * Tells what TrackLayer itself sent to Segment, which never goes back to it.
   */
  loop_mark?: {
    [k: string]: unknown
  } | null
  /**
   * Sends many messages in one signed request.
   */
  enable_batching?: boolean
  /**
   * Most messages in one request. The store takes 1,000 at most.
   */
  batch_size?: number
}
