// Custom audiences of an ad account: made, found and reported. "Customer File Custom Audiences" and "Custom Audience",
// https://developers.facebook.com/documentation/ads-commerce/marketing-api/reference/custom-audience
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
import type { Answer } from '../vendor-answers/answer.ts'
import type { Settings } from './generated-types.ts'
import { accountPath, callGraph, type GraphCall } from './graph.ts'
import { readAudienceFailure } from './read-answer.ts'

const DESCRIPTION = 'Kept by TrackLayer'

interface Create {
  readonly settings: Settings
  readonly audienceName: string
  readonly personas?: Computation | undefined
}

/** The audience of this name and computation, made when there is none: a lost answer makes no second one. */
export async function createMetaAudience(
  request: RequestClient,
  { settings, audienceName, personas }: Create,
): Promise<{ externalId: string }> {
  const name = requireName(audienceName)
  const description = computationMark(personas) ?? DESCRIPTION
  const path = `${accountPath(settings)}/customaudiences`
  const found = (await namesakes(request, settings, path, name)).find(
    (audience) => audience.name === name && audience.description === description,
  )
  if (found) return { externalId: requireId('Meta', found.id) }
  const answer = await accepted(request, settings, {
    method: 'post',
    path,
    json: { name, description, subtype: 'CUSTOM', customer_file_source: 'USER_PROVIDED_ONLY' },
  })
  return { externalId: requireId('Meta', answer.body?.id) }
}

// The filter is UNVERIFIED for this edge: names are compared here as well, on the first page.
async function namesakes(
  request: RequestClient,
  settings: Settings,
  path: string,
  name: string,
): Promise<readonly JsonObject[]> {
  const filtering = JSON.stringify([{ field: 'name', operator: 'EQUAL', value: name }])
  const query = { fields: 'id,name,description', limit: '500', filtering }
  const { body } = await accepted(request, settings, { method: 'get', path, query })
  return Array.isArray(body?.data) ? body.data.filter(isJsonObject) : []
}

const FIELDS =
  'id,name,approximate_count_lower_bound,approximate_count_upper_bound,operation_status,delivery_status'

/** @throws IntegrationError 404 when there is none, or it belongs to somebody else */
export async function reportMetaAudience(
  request: RequestClient,
  settings: Settings,
  externalId: string,
): Promise<AudienceReport> {
  const path = encodeURIComponent(externalId)
  const answer = await callGraph(request, settings, {
    method: 'get',
    path,
    query: { fields: FIELDS },
  })
  const error = objectAt(answer.body, 'error')
  // 100 with subcode 33: no such object, or not yours. 803: some aliases do not exist.
  if (error && (Number(error.error_subcode) === 33 || Number(error.code) === 803)) {
    return notFound('Meta', externalId)
  }
  const failure = readAudienceFailure(answer, settings.accessToken)
  if (failure) assertAccepted(failure)
  return reportOf(externalId, answer.body ?? {})
}

function reportOf(externalId: string, audience: JsonObject): AudienceReport {
  const lower = Number(audience.approximate_count_lower_bound ?? -1)
  const upper = Number(audience.approximate_count_upper_bound ?? -1)
  const operation = objectAt(audience, 'operation_status') ?? {}
  const delivery = objectAt(audience, 'delivery_status') ?? {}
  const told = Number(operation.code) === 200 ? delivery : operation
  return {
    externalId,
    name: typeof audience.name === 'string' ? audience.name : null,
    // -1: not known yet. Small audiences are told as 1000, so a size of 1000 means "at most".
    size: lower < 0 || upper < 0 ? null : { lower, upper },
    state: stateOf(Number(operation.code), Number(delivery.code)),
    detail: typeof told.description === 'string' ? told.description : null,
  }
}

// operation_status 471 is documented as flagged; 441 (being filled), and 300 of delivery_status (too small) are UNVERIFIED.
function stateOf(operation: number, delivery: number): AudienceReport['state'] {
  if (operation === 471) return 'blocked'
  if (operation === 441) return 'processing'
  if (delivery === 300) return 'too_small'
  return delivery === 200 ? 'ready' : 'unknown'
}

async function accepted(
  request: RequestClient,
  settings: Settings,
  call: GraphCall,
): Promise<Answer> {
  const answer = await callGraph(request, settings, call)
  const failure = readAudienceFailure(answer, settings.accessToken)
  if (failure) assertAccepted(failure)
  return answer
}

/** @throws what is wrong with token or account */
export async function assertMetaAccount(request: RequestClient, settings: Settings): Promise<void> {
  await accepted(request, settings, {
    method: 'get',
    path: accountPath(settings),
    query: { fields: 'id' },
  })
}
