// A change → `AudienceMember` of the Data Manager API (google/ads/datamanager/v1/audience.proto). Lists of contact ids take
// no mobile ids and no click ids: a user list has one upload key type. `userData` is still supported beside the newer
// `compositeData` ("Upload members to an audience").
import { type UserIdentifier, userIdentifiersOf } from '../google-data-manager/user-data.ts'
import type { Built } from '../vendor-answers/send-batch.ts'
import type { Payload } from './sync-audience/generated-types.ts'

export interface GoogleMember {
  readonly userData: { readonly userIdentifiers: readonly UserIdentifier[] }
}

export function buildGoogleMember(payload: Payload): Built<GoogleMember> {
  // Whoever leaves is taken out whatever the consent says.
  if (payload.is_member && isDenied(payload)) {
    return { kind: 'invalid', reason: 'consent to ad user data or ad personalization is denied' }
  }
  const userIdentifiers = userIdentifiersOf(payload)
  if (userIdentifiers.length === 0) {
    const reason = 'no identifier: want email, phone, or name with country and postal code'
    return { kind: 'invalid', reason }
  }
  return { kind: 'event', event: { userData: { userIdentifiers } } }
}

const isDenied = ({ ad_user_data, ad_personalization }: Payload) =>
  ad_user_data === 'DENIED' || ad_personalization === 'DENIED'

export type Consent = Readonly<Record<string, 'CONSENT_GRANTED'>>

/** Undefined when nothing was said: CONSENT_STATUS_UNSPECIFIED is the enum's zero value. */
export function requestConsent({ ad_user_data, ad_personalization }: Payload): Consent | undefined {
  const consent: Record<string, 'CONSENT_GRANTED'> = {}
  if (ad_user_data === 'GRANTED') consent.adUserData = 'CONSENT_GRANTED'
  if (ad_personalization === 'GRANTED') consent.adPersonalization = 'CONSENT_GRANTED'
  return Object.keys(consent).length > 0 ? consent : undefined
}
