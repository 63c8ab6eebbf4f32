// A change → the identifiers of a Klaviyo profile, in plain text: Klaviyo writes to these people. "Profiles API overview",
// https://developers.klaviyo.com/en/reference/profiles_api_overview
import { sendableField } from '../../core/identity-fields/normalise-field.ts'
import type { Built } from '../vendor-answers/send-batch.ts'
import type { Payload } from './sync-audience/generated-types.ts'

export interface KlaviyoMember {
  /** The id of a known profile: all that is needed then. */
  readonly id?: string
  readonly email?: string
  readonly phone_number?: string
  readonly external_id?: string
}

export function buildKlaviyoMember(payload: Payload): Built<KlaviyoMember> {
  if (payload.profile_id) return { kind: 'event', event: { id: payload.profile_id } }
  const hints = { country: payload.country }
  const email = textIn(sendableField('klaviyo', 'email', payload.email))
  const phone = textIn(sendableField('klaviyo', 'phone', payload.phone, hints))
  const userId = textIn(sendableField('klaviyo', 'external_id', payload.user_id))
  if (!email && !phone && !userId) {
    return { kind: 'invalid', reason: 'no identifier: want profile id, email, phone or user id' }
  }
  return {
    kind: 'event',
    event: {
      ...(email ? { email } : {}),
      // A number that Klaviyo does not take for a mobile one has the whole request refused: sent only without an address.
      ...(phone && !email ? { phone_number: phone } : {}),
      ...(userId ? { external_id: userId } : {}),
    },
  }
}

const textIn = (result: ReturnType<typeof sendableField>) =>
  'value' in result ? result.value : undefined
