// A change → a row of Meta's multi-key upload, normalised and hashed. Keys and forms: "Custom Audience Users",
// https://developers.facebook.com/documentation/ads-commerce/marketing-api/reference/custom-audience/users
import type { FieldHints } from '../../core/identity-fields/field.ts'
import { hashField } from '../../core/identity-fields/normalise-field.ts'
import type { Built } from '../vendor-answers/send-batch.ts'
import type { Payload } from './sync-audience/generated-types.ts'

/** In the order in which they stand in a request. Click and browser ids are not among the keys that Meta takes here. */
export const COLUMNS = [
  'EXTERN_ID',
  'EMAIL',
  'PHONE',
  'FN',
  'LN',
  'CT',
  'ST',
  'ZIP',
  'COUNTRY',
  'MADID',
] as const
export type Column = (typeof COLUMNS)[number]

export type MetaMember = { [Key in Column]?: string } & { event_id: string }

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

export function buildMetaMember(payload: Payload): Built<MetaMember> {
  const hints: FieldHints = { country: payload.country }
  const found: Record<Column, string | null> = {
    // Meta asks for no hash here. Hashed all the same: the Conversions API destination sends the same digest.
    EXTERN_ID: hashField('meta', 'external_id', payload.user_id),
    EMAIL: hashField('meta', 'email', payload.email),
    PHONE: hashField('meta', 'phone', payload.phone, hints),
    FN: hashField('meta', 'first_name', payload.first_name),
    LN: hashField('meta', 'last_name', payload.last_name),
    CT: hashField('meta', 'city', payload.city),
    ST: hashField('meta', 'region', payload.region, hints),
    ZIP: hashField('meta', 'postal_code', payload.postal_code, hints),
    COUNTRY: hashField('meta', 'country', payload.country),
    MADID: mobileId(payload.mobile_advertising_id),
  }
  if (!isSomebody(found)) {
    const reason =
      'nothing here tells one person from many: want email, phone, user id or mobile id'
    return { kind: 'invalid', reason }
  }
  const member: MetaMember = { event_id: payload.event_id ?? '' }
  for (const column of COLUMNS) {
    const value = found[column]
    if (value !== null) member[column] = value
  }
  return { kind: 'event', event: member }
}

const isSomebody = ({
  EXTERN_ID,
  EMAIL,
  PHONE,
  MADID,
  FN,
  LN,
  ZIP,
}: Record<Column, string | null>) =>
  Boolean(EXTERN_ID || EMAIL || PHONE || MADID || (FN && LN && ZIP))

// "Hashing and Normalizing Data": all lower case, hyphens kept, not hashed.
function mobileId(raw: string | undefined): string | null {
  const id = raw?.trim().toLowerCase() ?? ''
  return UUID.test(id) ? id : null
}
