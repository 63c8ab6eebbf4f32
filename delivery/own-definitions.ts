// The definitions that TrackLayer brings, by the name a destination file gives.
import type { DestinationDefinition } from '@segment/actions-core'
import googleAnalytics4 from '../destinations/google-analytics-4/index.ts'
import googleAudiences from '../destinations/google-audiences/index.ts'
import googleDataManager from '../destinations/google-data-manager/index.ts'
import klaviyoLists from '../destinations/klaviyo-lists/index.ts'
import metaAudiences from '../destinations/meta-audiences/index.ts'
import metaConversions from '../destinations/meta-conversions/index.ts'
import tiktokAudiences from '../destinations/tiktok-audiences/index.ts'
import tiktokEvents from '../destinations/tiktok-events/index.ts'
import warehouse from '../destinations/warehouse/index.ts'

const definitions: Record<string, unknown> = {
  'meta-conversions': metaConversions,
  'google-data-manager': googleDataManager,
  'tiktok-events': tiktokEvents,
  'google-analytics-4': googleAnalytics4,
  warehouse,
  'meta-audiences': metaAudiences,
  'google-audiences': googleAudiences,
  'tiktok-audiences': tiktokAudiences,
  'klaviyo-lists': klaviyoLists,
}

// What these send goes through the request client they are handed, and nothing else: they can be run with one that only
// records. Any other definition may hold a connection of its own, as the warehouse does, and is previewed by its payload.
const SPEAK_THROUGH_CLIENT = new Set([
  'meta-conversions',
  'google-data-manager',
  'tiktok-events',
  'google-analytics-4',
])

/** True when a run of the definition can be rehearsed down to its requests. */
export function canBeRehearsed(slug: string): boolean {
  return SPEAK_THROUGH_CLIENT.has(slug)
}

// Each has settings of its own type; the host passes texts and lets the definition read them.
export const OWN_DEFINITIONS = definitions as Readonly<
  Record<string, DestinationDefinition<never> | undefined>
>

/** The settings that a definition declares secret: fields of type `password`. */
export function passwordFieldsOf(slug: string): ReadonlySet<string> {
  const definition = Object.hasOwn(OWN_DEFINITIONS, slug) ? OWN_DEFINITIONS[slug] : undefined
  const { fields = {} } = (definition?.authentication ?? {}) as {
    readonly fields?: Readonly<Record<string, { readonly type?: string }>>
  }
  return new Set(Object.keys(fields).filter((name) => fields[name]?.type === 'password'))
}
