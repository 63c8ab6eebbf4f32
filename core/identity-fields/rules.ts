// Platform × field → rule: what is done to the text, and whether the platform takes the result hashed or plain. Sources
// stand beside the rules; docs/identity-fields.md has the table with what was chosen where two pages disagree.
import {
  analyticsPostalCode,
  compactPostalCode,
  regionLetters,
  wholePostalCode,
} from './address.ts'
import { birthday, gender } from './birthday.ts'
import { COUNTRY_CODES, lowerCountry, upperCountry } from './countries.ts'
import { sha256Hex } from './digest.ts'
import { analyticsEmail, googleEmail, plainEmail } from './email.ts'
import type { FieldHints, FieldResult, IdentityField, Platform } from './field.ts'
import { internationalPhone, phoneDigits, tiktokPhone } from './phone.ts'
import {
  asSent,
  lettersAndDigits,
  lettersOnly,
  lowered,
  lowerWithoutSpaces,
  words,
  wordsWithoutDigits,
} from './text-rules.ts'

export interface FieldRule {
  /** How the platform takes the field; null where it has no place for it. */
  readonly form: 'hashed' | 'plain'
  readonly normalise: (text: string, hints: FieldHints) => FieldResult
  /** Digests made once, where the field has a short list of values: two hashes less for every person. */
  readonly digests?: ReadonlyMap<string, string>
}

const hashed = (normalise: FieldRule['normalise']): FieldRule => ({ form: 'hashed', normalise })
const hashedFromList = (
  normalise: FieldRule['normalise'],
  digests: ReadonlyMap<string, string>,
): FieldRule => ({ form: 'hashed', normalise, digests })
const plain = (normalise: FieldRule['normalise']): FieldRule => ({ form: 'plain', normalise })

const digestsOf = (values: readonly string[]): ReadonlyMap<string, string> =>
  new Map(values.map((value) => [value, sha256Hex(value)]))
const COUNTRY_DIGESTS = digestsOf(COUNTRY_CODES.map((code) => code.toLowerCase()))
const GENDER_DIGESTS = digestsOf(['f', 'm'])

type PlatformRules = Readonly<Record<IdentityField, FieldRule | null>>

// Meta, "Customer Information Parameters",
// https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters
const meta: PlatformRules = {
  email: hashed(plainEmail),
  // "Remove symbols, letters, and any leading zeros. Phone numbers must include a country code."
  phone: hashed(phoneDigits),
  // "Lowercase only with no punctuation." Of spaces the page says nothing; Meta's own parameter builder
  // (github.com/facebook/capi-param-builder) and pixel strip them, and server and pixel must hash alike.
  first_name: hashed(lettersAndDigits),
  last_name: hashed(lettersAndDigits),
  // "No punctuation, no special characters, and no spaces"; UTF-8 allowed. Digits go as in Meta's Business SDK. The
  // parameter builder also drops ü, which the page does not ask for: the page wins.
  city: hashed(lettersOnly),
  region: hashed(regionLetters),
  postal_code: hashed(compactPostalCode),
  country: hashedFromList(lowerCountry, COUNTRY_DIGESTS),
  birthday: hashed(birthday),
  gender: hashedFromList(gender, GENDER_DIGESTS),
  // "Hashing recommended." Lower case without spaces as in the parameter builder and the Business SDK.
  external_id: hashed(lowerWithoutSpaces),
}

// Google, "Format user data" (Data Manager API), https://developers.google.com/data-manager/api/devguides/concepts/formatting
// and its reference of UserData; names "all lowercase, with no punctuation". Country and postal code are not hashed.
// City and region exist in the Google Ads API's address_info only, in plain text.
const google: PlatformRules = {
  email: hashed(googleEmail),
  phone: hashed(internationalPhone),
  first_name: hashed(words),
  last_name: hashed(words),
  city: plain(lowered),
  region: plain(lowered),
  postal_code: plain(wholePostalCode),
  country: plain(upperCountry),
  birthday: null,
  gender: null,
  external_id: null,
}

// TikTok, "Report a Web Event" (Events API 2.0), https://business-api.tiktok.com/portal/docs?id=1771101303285761, which
// could not be read here: email, phone and external_id follow TikTok's own tag (github.com/tiktok/gtm-template-eapi) and
// quotations of that page; names and zip_code hashed, city, state and country plain, as Segment's action sends them.
const tiktok: PlatformRules = {
  email: hashed(plainEmail),
  phone: hashed(tiktokPhone),
  first_name: hashed(lettersAndDigits),
  last_name: hashed(lettersAndDigits),
  city: plain(lettersOnly),
  region: plain(regionLetters),
  postal_code: hashed(compactPostalCode),
  country: plain(lowerCountry),
  birthday: null,
  gender: null,
  // Trimmed, its case kept, as in TikTok's own tag.
  external_id: hashed(asSent),
}

// Google Analytics, "Send user-provided data", https://developers.google.com/analytics/devguides/collection/ga4/uid-data
const ga4: PlatformRules = {
  email: hashed(analyticsEmail),
  phone: hashed(internationalPhone),
  // "Remove digits and symbol characters, lowercase, remove leading and trailing spaces."
  first_name: hashed(wordsWithoutDigits),
  last_name: hashed(wordsWithoutDigits),
  city: plain(wordsWithoutDigits),
  region: plain(wordsWithoutDigits),
  postal_code: plain(analyticsPostalCode),
  country: plain(upperCountry),
  birthday: null,
  gender: null,
  external_id: plain(asSent),
}

// Klaviyo, "Profiles API overview", https://developers.klaviyo.com/en/reference/profiles_api_overview: a profile is what
// mail is written to, so everything is plain and names keep their case; the telephone number must be E.164.
const klaviyo: PlatformRules = {
  email: plain(plainEmail),
  phone: plain(internationalPhone),
  first_name: plain(asSent),
  last_name: plain(asSent),
  city: plain(asSent),
  region: plain(asSent),
  postal_code: plain(asSent),
  country: plain(asSent),
  birthday: null,
  gender: null,
  external_id: plain(asSent),
}

// For a receiver without rules of its own: the least that makes equal values equal.
const generic: PlatformRules = {
  email: hashed(plainEmail),
  phone: hashed(internationalPhone),
  first_name: hashed(lowered),
  last_name: hashed(lowered),
  city: hashed(lowered),
  region: hashed(lowered),
  postal_code: hashed(compactPostalCode),
  country: hashedFromList(lowerCountry, COUNTRY_DIGESTS),
  birthday: hashed(birthday),
  gender: hashedFromList(gender, GENDER_DIGESTS),
  external_id: hashed(asSent),
}

export const FIELD_RULES: Readonly<Record<Platform, PlatformRules>> = {
  meta,
  google,
  tiktok,
  klaviyo,
  ga4,
  generic,
}
