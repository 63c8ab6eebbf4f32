// Generated file. DO NOT MODIFY IT BY HAND.

export interface Payload {
  /**
   * Id that the platform gave the audience when it was created.
   */
  external_audience_id: string
  /**
   * Key of the audience in Segment, for messages.
   */
  audience_key?: string
  /**
   * True adds the person to the audience, false removes the person.
   */
  is_member: boolean
  /**
   * When the membership changed. Of several changes of a person in a batch the latest counts.
   */
  changed_at?: string | number
  /**
   * Id of the change, the same at every attempt.
   */
  event_id?: string
  /**
   * Your own id of the person.
   */
  user_id?: string
  /**
   * Id of the person before it was known.
   */
  anonymous_id?: string
  /**
   * Address as it is, or its SHA-256 where the platform takes hashes.
   */
  email?: string
  /**
   * Number as it is, or its SHA-256 where the platform takes hashes.
   */
  phone?: string
  /**
   * Two-letter code of the address; also the country of a phone number without +.
   */
  country?: string
  /**
   * Advertising id of iOS, as it is, or its SHA-256.
   */
  idfa?: string
  /**
   * Advertising id of Android, as it is, or its SHA-256.
   */
  gaid?: string
  /**
   * Send many changes in one request.
   */
  enable_batching?: boolean
  /**
   * Changes in one request, at most 1000.
   */
  batch_size?: number
  /**
   * Changes that agree in these fields may share a request.
   */
  batch_keys?: string[]
}
