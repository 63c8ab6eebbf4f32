// When and where something arrives: what every statement of a batch needs to know.

export interface Occasion {
  readonly environment: string
  /** Instant of arrival. */
  readonly receivedAt: Date
}
