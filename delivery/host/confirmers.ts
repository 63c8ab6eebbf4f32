// Definitions whose platform takes requests in first and says later what counted.
import type { RequestClient } from '@segment/actions-core'
import type { Settings } from '../../destinations/google-data-manager/generated-types.ts'
import {
  type RequestStatus,
  retrieveRequestStatus,
} from '../../destinations/google-data-manager/request-status.ts'
import type { Confirmation } from '../destination.ts'

export type Confirmer = (
  request: RequestClient,
  settings: Readonly<Record<string, unknown>>,
  accessToken: string | undefined,
  receipt: string,
) => Promise<Confirmation>

export const CONFIRMERS: Readonly<Record<string, Confirmer | undefined>> = {
  'google-data-manager': async (request, settings, accessToken, receipt) => {
    const known = settings as unknown as Settings
    return confirmationOf(await retrieveRequestStatus(request, known, accessToken, receipt))
  },
}

// What Google calls a duplicate is counted already, by this event's own earlier request or by the tag in the page.
function confirmationOf({ state, errors }: RequestStatus): Confirmation {
  const faults = Object.entries(errors).filter(([reason]) => !reason.includes('_DUPLICATE_'))
  const reason = faults
    .map(([name, count]) => `${name.replace('PROCESSING_ERROR_REASON_', '')} ${count}`)
    .join(', ')
  const isFailed = state === 'failed' || state === 'partly_succeeded'
  if (state === 'succeeded') return { kind: 'counted' }
  if (!isFailed) return { kind: 'open' }
  const isOnlyDuplicates = faults.length === 0 && Object.keys(errors).length > 0
  if (isOnlyDuplicates) return { kind: 'counted' }
  const isWhole = state === 'failed' && faults.length === Object.keys(errors).length
  return { kind: isWhole ? 'failed' : 'partly', reason: reason || 'Google gives no reason' }
}
