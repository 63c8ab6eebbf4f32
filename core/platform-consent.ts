// What the platforms' own consent fields say for a person, from Segment's category preferences (design 3.7).
import { type ConsentState, type ConsentSubject, categoryState } from './consent.ts'
import type { JsonObject } from './json.ts'

/** Category of Segment that answers for advertising and for measurement; ids as Segment's own examples name them. */
export const ADVERTISING = 'Advertising'
export const ANALYTICS = 'Analytics'

const GOOGLE: Readonly<Record<ConsentState, string>> = {
  granted: 'GRANTED',
  denied: 'DENIED',
  unknown: 'UNSPECIFIED',
}

/**
 * The envelope's `platform_consent`: Google's four signals, Meta's Limited Data Use (`['LDU']` when advertising is
 * refused, else `[]`), TikTok's `limited_data_use`.
 */
export function platformConsent(subject: ConsentSubject): JsonObject {
  const advertising = categoryState(ADVERTISING, subject)
  const analytics = categoryState(ANALYTICS, subject)
  return {
    ad_storage: GOOGLE[advertising],
    ad_user_data: GOOGLE[advertising],
    ad_personalization: GOOGLE[advertising],
    analytics_storage: GOOGLE[analytics],
    data_processing_options: advertising === 'denied' ? ['LDU'] : [],
    limited_data_use: advertising === 'denied',
  } as JsonObject
}
