// `userData`: who the person is, hashed by Google's rules (core/identity-fields). Raw values come in, hashes leave.
import { createIdentityHasher } from '../../core/identity-fields/normalise-field.ts'

/** Page "UserIdentifier": exactly one of the three in each. */
export type UserIdentifier =
  | { readonly emailAddress: string }
  | { readonly phoneNumber: string }
  | { readonly address: AddressInfo }

export interface AddressInfo {
  readonly givenName: string
  readonly familyName: string
  /** ISO 3166-1 alpha-2, not hashed. */
  readonly regionCode: string
  /** Not hashed. */
  readonly postalCode: string
}

export interface RawPerson {
  readonly email?: string
  readonly phone?: string
  readonly first_name?: string
  readonly last_name?: string
  readonly country?: string
  readonly postal_code?: string
}

const sendable = createIdentityHasher('google')

/** The identifiers that can be made of a person; empty when there are none. At most 3 of the 10 that one event may have. */
export function userIdentifiersOf(person: RawPerson): UserIdentifier[] {
  const { values } = sendable(person)
  const { email, phone, first_name, last_name, country, postal_code } = values
  const identifiers: UserIdentifier[] = []
  if (email) identifiers.push({ emailAddress: email })
  if (phone) identifiers.push({ phoneNumber: phone })
  // AddressInfo: all four are required, and one missing part would make Google refuse the whole request.
  if (first_name && last_name && country && postal_code)
    identifiers.push({
      address: {
        givenName: first_name,
        familyName: last_name,
        regionCode: country,
        postalCode: postal_code,
      },
    })
  return identifiers
}
