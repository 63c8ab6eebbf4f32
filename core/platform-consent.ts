// What the platforms' own consent fields say for a person, from the purposes of mappings/consent.yaml (design 3.7).
import { type ConsentState, type ConsentSubject, decideConsent } from './consent.ts'
import { type CategoryPurpose, type ConsentCatalogue, categoriesOf } from './consent-catalogue.ts'
import type { JsonObject } from './json.ts'

const GOOGLE: Readonly<Record<ConsentState, string>> = {
  granted: 'GRANTED',
  denied: 'DENIED',
  unknown: 'UNSPECIFIED',
}

/**
 * The envelope's `platform_consent`: Google's four signals, Meta's Limited Data Use (`['LDU']` when advertising is
 * refused, else `[]`), TikTok's `limited_data_use`.
 */
export function createPlatformConsent(
  catalogue: ConsentCatalogue,
): (subject: ConsentSubject) => JsonObject {
  const stateOf = stateReader(catalogue)
  return (subject) => {
    const advertising = stateOf('advertising', subject)
    const analytics = stateOf('analytics', subject)
    return {
      ad_storage: GOOGLE[advertising],
      ad_user_data: GOOGLE[advertising],
      ad_personalization: GOOGLE[advertising],
      analytics_storage: GOOGLE[analytics],
      data_processing_options: advertising === 'denied' ? ['LDU'] : [],
      limited_data_use: advertising === 'denied',
    } as JsonObject
  }
}

// Every category of a purpose has to be granted; a purpose without a category was never asked for.
function stateReader(catalogue: ConsentCatalogue) {
  const policies = { advertising: policyOf('advertising'), analytics: policyOf('analytics') }
  function policyOf(purpose: CategoryPurpose) {
    return {
      categories: categoriesOf(catalogue, purpose),
      require: 'all',
      unknown: 'hold',
    } as const
  }
  return (purpose: keyof typeof policies, subject: ConsentSubject): ConsentState => {
    const policy = policies[purpose]
    return policy.categories.length === 0 ? 'unknown' : decideConsent(policy, subject).state
  }
}
