// Generated file. DO NOT MODIFY IT BY HAND.

export interface Payload {
  /**
   * Our id of the event. With the event’s name it finds the row again.
   */
  event_id: string
  /**
   * Canonical name of the event.
   */
  event_name: string
  /**
   * When the event happened.
   */
  occurred_at?: string | number
  /**
   * Name of the event in Segment.
   */
  segment_event?: string
  /**
   * Id of the message in Segment.
   */
  message_id?: string
  /**
   * The known user.
   */
  canonical_user_id?: string
  /**
   * The browser or device.
   */
  anonymous_id?: string
  /**
   * Version of the mapping table that made the event.
   */
  mapping_version?: string
  /**
   * Consent categories of the message, as one JSON column.
   */
  consent?: {
    [k: string]: unknown
  }
  /**
   * The person: each field becomes a column user_…
   */
  user?: {
    [k: string]: unknown
  }
  /**
   * The context: each field becomes a column context_…
   */
  context?: {
    [k: string]: unknown
  }
  /**
   * The properties: each becomes a column of its own.
   */
  properties?: {
    [k: string]: unknown
  }
  /**
   * Write many rows in one transaction.
   */
  enable_batching?: boolean
  /**
   * Rows in one transaction.
   */
  batch_size?: number
}
