// What to do about an identifier that an event lacks, in words for whoever sends the events.
import type { MatchIdentifier } from './match-weights.ts'

const TO_SEND: Readonly<Record<MatchIdentifier, string>> = {
  email: 'email is missing: send traits.email with the event',
  phone: 'phone is missing: send traits.phone as +49…, with its country code',
  first_name: 'first_name is missing: send traits.firstName',
  last_name: 'last_name is missing: send traits.lastName',
  city: 'city is missing: send traits.address.city',
  region: 'region is missing: send traits.address.state',
  postal_code: 'postal_code is missing: send traits.address.postalCode',
  country: 'country is missing: send traits.address.country as a two-letter code such as DE',
  birthday: 'birthday is missing: send traits.birthday as YYYY-MM-DD',
  gender: 'gender is missing: send traits.gender',
  external_id: 'external_id is missing: send userId with the event',
  meta_click_id:
    'Meta click id is missing: send the _fbc cookie as context.fbc, or the page address with its fbclid',
  meta_browser_id: 'Meta browser id is missing: send the _fbp cookie as context.fbp',
  google_click_id: 'Google click id is missing: send gclid, gbraid or wbraid from the landing page',
  tiktok_click_id: 'TikTok click id is missing: send ttclid from the landing page',
  tiktok_browser_id: 'TikTok browser id is missing: send the _ttp cookie as context.ttp',
  ip_and_user_agent:
    "IP address and user agent are missing: send the visitor's as context.ip and context.userAgent",
  postal_address: 'the address needs first name, last name, postal code and country together',
}

const OF_REASON: Readonly<Record<string, string>> = {
  not_text: 'is neither text nor a number',
  malformed: 'is not of the form the platform takes',
  ambiguous: 'can be read in two ways: send the unmistakable form (+49…, YYYY-MM-DD)',
  hashed: 'is a hash, and this platform takes it in plain text',
  not_taken: 'has no place on this platform',
  private_ip: 'holds an address of a private network: send the visitor’s, not the proxy’s',
  not_a_browser: 'holds a user agent of a program: send the visitor’s, not the server’s',
}

/** One sentence: what is wrong with the identifier, and what to send. */
export function describeMissing(identifier: MatchIdentifier, reason: string): string {
  if (reason === 'not_sent' || reason === 'empty') return TO_SEND[identifier]
  if (reason === 'no_country') {
    return identifier === 'phone'
      ? 'phone has no country code: send +49…, or the country beside it'
      : `${identifier} cannot be read without a country: send traits.address.country`
  }
  return `${identifier} ${OF_REASON[reason] ?? 'cannot be used'}`
}
