// The words of this folder: which platforms, which fields, and what may be said of a value that is left out.

export const PLATFORMS = ['meta', 'google', 'tiktok', 'klaviyo', 'ga4', 'generic'] as const
export type Platform = (typeof PLATFORMS)[number]

export const IDENTITY_FIELDS = [
  'email',
  'phone',
  'first_name',
  'last_name',
  'city',
  'region',
  'postal_code',
  'country',
  'birthday',
  'gender',
  'external_id',
] as const
export type IdentityField = (typeof IDENTITY_FIELDS)[number]

export interface FieldHints {
  /** The person's country as the sender has it: `DE`, `deu`, `Germany`. What cannot be read counts as no hint. */
  readonly country?: string | undefined
}

export type MissingReason =
  /** Nothing was given, or blanks only. */
  | 'empty'
  /** Neither text nor a number. */
  | 'not_text'
  /** Not of the field's form: an address without @, a telephone number of five digits, a birthday in month 13. */
  | 'malformed'
  /** A national telephone number, or a US-looking ZIP+4, and nothing that says of which country. */
  | 'no_country'
  /** Two readings are equally good, such as the date 03/04/1990. */
  | 'ambiguous'
  /** A digest, and this platform wants the field in plain text. */
  | 'hashed'
  /** The platform has no place for the field. */
  | 'not_taken'

export type FieldResult = { readonly value: string } | { readonly missing: MissingReason }

/** A rule's answer: the text, or why there is none. */
export const missing = (reason: MissingReason): FieldResult => MISSING[reason]

// One object per reason: a person without half of the fields is the usual case and need not cost allocations.
const MISSING: Readonly<Record<MissingReason, FieldResult>> = {
  empty: { missing: 'empty' },
  not_text: { missing: 'not_text' },
  malformed: { missing: 'malformed' },
  no_country: { missing: 'no_country' },
  ambiguous: { missing: 'ambiguous' },
  hashed: { missing: 'hashed' },
  not_taken: { missing: 'not_taken' },
}
