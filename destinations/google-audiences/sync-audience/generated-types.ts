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
   * First name, hashed before it leaves.
   */
  first_name?: string
  /**
   * Last name, hashed before it leaves.
   */
  last_name?: string
  /**
   * Postal code of the address.
   */
  postal_code?: string
  /**
   * Two-letter code of the address; also the country of a phone number without +.
   */
  country?: string
  /**
   * Whether the person lets Google use the data for advertising. Denied: no identifier of the person is sent.
   */
  ad_user_data?: string
  /**
   * Whether the person lets Google personalise ads.
   */
  ad_personalization?: string
  /**
   * Send many changes in one request.
   */
  enable_batching?: boolean
  /**
   * Changes in one request, at most 10000.
   */
  batch_size?: number
  /**
   * Changes that agree in these fields may share a request.
   */
  batch_keys?: string[]
}
