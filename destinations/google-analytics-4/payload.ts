// What every action's payload has, and what only some have: one shape for the builder.

export interface ClientPayload {
  readonly client_id?: string
  readonly anonymous_id?: string
  readonly user_id?: string
  readonly session_id?: string
  readonly engagement_time_msec?: number
  readonly occurred_at: string | number
  readonly event_id?: string
  readonly ad_user_data?: string
  readonly ad_personalization?: string
  readonly params?: Readonly<Record<string, unknown>>
}

export interface EventPayload extends ClientPayload {
  readonly event_name?: string
  readonly transaction_id?: string
  readonly value?: number
  readonly currency?: string
  readonly tax?: number
  readonly shipping?: number
  readonly coupon?: string
  readonly affiliation?: string
  readonly search_term?: string
  readonly method?: string
  readonly lead_source?: string
  readonly items?: readonly Readonly<Record<string, unknown>>[]
}
