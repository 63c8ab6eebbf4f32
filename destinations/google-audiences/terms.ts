// Google takes members only from accounts that accepted the Customer Match terms, and wants that said in every request.
import { IntegrationError } from '@segment/actions-core'
import type { Settings } from './generated-types.ts'

/** @throws IntegrationError SETTINGS_INVALID: accepting is the operator's decision, not the code's */
export function assertTermsAccepted({ customer_match_terms: terms }: Settings): void {
  if (terms === 'ACCEPTED') return
  throw new IntegrationError(
    'Customer Match terms are not accepted: accept them in Google Ads (Tools > Shared library > Audience manager > Your data segments > + > Customer list), then set "Customer Match terms" to ACCEPTED',
    'SETTINGS_INVALID',
    403,
  )
}
