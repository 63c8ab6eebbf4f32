// The ids of profiles, by what is known of the person: "Get Profiles", https://developers.klaviyo.com/en/reference/get_profiles
import type { RequestClient } from '@segment/actions-core'
import { isJsonObject, objectAt } from '../../core/json.ts'
import type { Failure } from '../vendor-answers/verdict.ts'
import type { KlaviyoMember } from './build-member.ts'
import type { Settings } from './generated-types.ts'
import { callKlaviyo, readKlaviyoFailure } from './klaviyo.ts'
import { MAX_FILTER_VALUES } from './limits.ts'

// The first that a member has decides, so that a removal asks for each person once.
const LOOKUPS = ['email', 'phone_number', 'external_id'] as const
type Lookup = (typeof LOOKUPS)[number]

export interface FoundProfiles {
  idOf(member: KlaviyoMember): string | undefined
}

/** A failure when Klaviyo does not answer: nothing was changed then. */
export async function findProfiles(
  request: RequestClient,
  settings: Settings,
  members: readonly KlaviyoMember[],
): Promise<FoundProfiles | Failure> {
  const ids = new Map<string, string>()
  for (const field of LOOKUPS) {
    const values = new Set(
      members.filter((member) => lookupOf(member) === field).map((member) => String(member[field])),
    )
    for (const part of chunked([...values], MAX_FILTER_VALUES)) {
      const answer = await callKlaviyo(request, settings, {
        method: 'get',
        path: 'profiles',
        query: {
          'fields[profile]': field,
          filter: `any(${field},[${part.map(quotedValue).join(',')}])`,
          'page[size]': String(MAX_FILTER_VALUES),
        },
      })
      const failure = readKlaviyoFailure(answer, settings)
      if (failure) return failure
      for (const profile of profilesIn(answer.body?.data)) {
        const value = objectAt(profile, 'attributes')?.[field]
        if (typeof value === 'string') ids.set(keyOf(field, value), String(profile.id))
      }
    }
  }
  return {
    idOf(member) {
      const field = lookupOf(member)
      return field && ids.get(keyOf(field, String(member[field])))
    },
  }
}

const lookupOf = (member: KlaviyoMember): Lookup | undefined =>
  LOOKUPS.find((field) => member[field] !== undefined)

// Klaviyo keeps addresses in lower case.
const keyOf = (field: Lookup, value: string) =>
  `${field} ${field === 'email' ? value.toLowerCase() : value}`

const quotedValue = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`

const profilesIn = (data: unknown) => (Array.isArray(data) ? data.filter(isJsonObject) : [])

function chunked(all: readonly string[], size: number): string[][] {
  const parts: string[][] = []
  for (let at = 0; at < all.length; at += size) parts.push(all.slice(at, at + size))
  return parts
}
