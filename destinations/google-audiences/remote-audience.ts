// User lists of a Google Ads account. Since version 1.5 (17 February 2026) the Data Manager API creates them itself:
// "Create a Customer Match audience", https://developers.google.com/data-manager/api/devguides/audiences/google-ads/customer-match/create-audience,
// and google/ads/datamanager/v1/user_list_service.proto. Where the account may not (an error that names it), the list is made
// by hand: Google Ads > Tools > Shared library > Audience manager > Your data segments > + > Customer list; its id stands in
// the address of the list as userListId.
import type { RequestClient } from '@segment/actions-core'
import { isJsonObject, type JsonObject, objectAt } from '../../core/json.ts'
import {
  type AudienceReport,
  assertAccepted,
  type Computation,
  computationMark,
  notFound,
  requireId,
  requireName,
} from '../audience-members/remote-audience.ts'
import { accountOf, callDataManager, readDataManagerAnswer } from './data-manager.ts'
import type { AudienceSettings, Settings } from './generated-types.ts'

/** The settings as a host hands them over: actions-core gives no `auth` to calls about audiences, only `settings.oauth`. */
export interface ConnectedSettings extends Settings {
  readonly oauth?: { readonly access_token?: string }
}

interface Create {
  readonly settings: ConnectedSettings
  readonly audienceName: string
  readonly audienceSettings?: AudienceSettings | undefined
  readonly personas?: Computation | undefined
}

/** Display names are unique within an account, so a lost answer makes no second list. */
export async function createGoogleAudience(
  request: RequestClient,
  { settings, audienceName, audienceSettings, personas }: Create,
): Promise<{ externalId: string }> {
  const displayName = requireName(audienceName)
  const mark = computationMark(personas)
  const found = await listNamed(request, settings, displayName)
  // A list of this name for another computation stays: creating then fails, and says that the name is taken.
  if (found && (found.integrationCode ?? null) === mark) {
    return { externalId: requireId('Google', found.id) }
  }
  const { parent, headers } = accountOf(settings)
  const days = audienceSettings?.membership_days
  const answer = await callDataManager(request, settings, settings.oauth?.access_token, {
    method: 'post',
    path: `${parent}/userLists`,
    headers,
    json: {
      displayName,
      description: 'Kept by TrackLayer',
      ...(mark ? { integrationCode: mark } : {}),
      ...(days ? { membershipDuration: `${Math.round(Number(days)) * 86_400}s` } : {}),
      ingestedUserListInfo: {
        uploadKeyTypes: ['CONTACT_ID'],
        contactIdInfo: { dataSourceType: 'DATA_SOURCE_TYPE_FIRST_PARTY' },
      },
    },
  })
  assertAccepted(readDataManagerAnswer(answer))
  return { externalId: requireId('Google', answer.body?.id) }
}

async function listNamed(
  request: RequestClient,
  settings: ConnectedSettings,
  displayName: string,
): Promise<JsonObject | undefined> {
  const { parent, headers } = accountOf(settings)
  const filter = `display_name = "${displayName.replace(/["\\]/g, '\\$&')}"`
  const answer = await callDataManager(request, settings, settings.oauth?.access_token, {
    method: 'get',
    path: `${parent}/userLists?${new URLSearchParams({ filter })}`,
    headers,
  })
  assertAccepted(readDataManagerAnswer(answer))
  const lists = answer.body?.userLists
  return Array.isArray(lists)
    ? lists.filter(isJsonObject).find((list) => list.displayName === displayName)
    : undefined
}

/** @throws IntegrationError 404 when there is none */
export async function reportGoogleAudience(
  request: RequestClient,
  settings: ConnectedSettings,
  externalId: string,
): Promise<AudienceReport> {
  const { parent, headers } = accountOf(settings)
  const answer = await callDataManager(request, settings, settings.oauth?.access_token, {
    method: 'get',
    path: `${parent}/userLists/${encodeURIComponent(externalId)}`,
    headers,
  })
  if (answer.status === 404) return notFound('Google', externalId)
  assertAccepted(readDataManagerAnswer(answer))
  return reportOf(externalId, answer.body ?? {})
}

function reportOf(externalId: string, list: JsonObject): AudienceReport {
  const sizes = Object.values(objectAt(list, 'sizeInfo') ?? {}).map(Number)
  const { displayName, membershipStatus, closingReason } = list
  return {
    externalId,
    name: typeof displayName === 'string' ? displayName : null,
    // One estimate for each network; int64 is text in JSON, and 0 is left out.
    size: sizes.length > 0 ? { lower: Math.min(...sizes), upper: Math.max(...sizes) } : null,
    state: stateOf(list, sizes),
    detail:
      typeof closingReason === 'string' ? closingReason : String(membershipStatus ?? '') || null,
  }
}

// A list below 100 members is not shown to anybody ("About Customer Match", support.google.com/google-ads/answer/6379332).
const SMALLEST = 100

function stateOf(list: JsonObject, sizes: readonly number[]): AudienceReport['state'] {
  if (list.membershipStatus === 'CLOSED' || list.readOnly === true) return 'blocked'
  if (sizes.length === 0) return 'processing'
  return Math.max(...sizes) < SMALLEST ? 'too_small' : 'ready'
}

/** @throws what is wrong with the connection or the account */
export async function assertGoogleAccount(
  request: RequestClient,
  settings: Settings,
  accessToken: string | undefined,
): Promise<void> {
  const { parent, headers } = accountOf(settings)
  const path = `${parent}/userLists?pageSize=1`
  const answer = await callDataManager(request, settings, accessToken, {
    method: 'get',
    path,
    headers,
  })
  assertAccepted(readDataManagerAnswer(answer))
}
