// Why a delivery is filtered, or waits: a closed list, so that each reason has a page (store/http/codes). What is dead or
// unknown carries the platform's words instead.

export type FilteredReason =
  | 'trigger'
  | 'too_old'
  | 'consent_denied'
  | 'consent_unknown'
  | 'no_identifier'
  | 'unchanged'
  | 'superseded'
  | 'no_remote_audience'
  | 'not_sent'
  | 'withdrawn'
  | 'repeat_window_over'
  | 'repeat_not_recognised'

export type HeldReason =
  | 'consent_unknown'
  | 'below_minimum_size'
  | 'earlier_under_way'
  | 'remote_audience'
  | 'audience_paused'

/** `replayed`: pending because somebody had it sent again. */
export type LedgerReason = FilteredReason | HeldReason | 'replayed'
