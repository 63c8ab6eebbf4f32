// How much each identifier is worth to each platform, in hundredths of a full score. The numbers are ours: no platform
// publishes its weights. A click id leads to one ad click, an address of mail or a telephone number to one account, a
// browser id or customer id to a person seen before; names and places only narrow a match that something else made.
import type { IdentityField, Platform } from './field.ts'

export type MatchIdentifier =
  | IdentityField
  | 'meta_click_id'
  | 'meta_browser_id'
  | 'google_click_id'
  | 'tiktok_click_id'
  | 'tiktok_browser_id'
  /** Counted together: alone neither tells one household from another. */
  | 'ip_and_user_agent'
  /** First name, last name, postal code and country: Google matches them as one identifier and requires all four. */
  | 'postal_address'

export type MatchWeights = { readonly [Identifier in MatchIdentifier]?: number }

/** Enough to find a person without anything else; with none of these the score stays at or below `WEAK_LIMIT`. */
export const FINDS_A_PERSON: ReadonlySet<MatchIdentifier> = new Set([
  'email',
  'phone',
  'external_id',
  'meta_click_id',
  'meta_browser_id',
  'google_click_id',
  'tiktok_click_id',
  'tiktok_browser_id',
  'postal_address',
])

/** Meta refuses events that carry only places, gender and a user agent (Graph API 13 and later, best practices). */
export const WEAK_LIMIT = 20

// Each table adds up to 100.
export const MATCH_WEIGHTS: Readonly<Record<Platform, MatchWeights>> = {
  // "Customer Information Parameters" and "fbp and fbc" recommend all of these and rank none.
  meta: {
    email: 26,
    meta_click_id: 20,
    phone: 16,
    external_id: 8,
    meta_browser_id: 8,
    ip_and_user_agent: 7,
    first_name: 3,
    last_name: 3,
    birthday: 3,
    postal_code: 2,
    city: 1,
    region: 1,
    country: 1,
    gender: 1,
  },
  // Data Manager API, "UserData": email, telephone and address are the identifiers there are; a gclid needs none of them.
  google: {
    google_click_id: 40,
    email: 30,
    phone: 15,
    postal_address: 10,
    ip_and_user_agent: 5,
  },
  // TikTok help, "How to set up matching events with Events API": click id, email and telephone, external id, IP and user
  // agent, first-party cookie.
  tiktok: {
    tiktok_click_id: 28,
    email: 25,
    phone: 15,
    external_id: 10,
    tiktok_browser_id: 10,
    ip_and_user_agent: 6,
    first_name: 1,
    last_name: 1,
    postal_code: 1,
    city: 1,
    region: 1,
    country: 1,
  },
  // Klaviyo, "Profiles API overview": these three identify a profile, email first; nothing else does.
  klaviyo: { email: 55, phone: 25, external_id: 20 },
  // GA4, "Send user-provided data": user_id beside user_data is recommended for the most accurate measurement.
  ga4: { external_id: 40, email: 30, phone: 15, postal_address: 15 },
  generic: { email: 40, phone: 25, external_id: 20, first_name: 5, last_name: 5, postal_code: 5 },
}
