// Lists of a Klaviyo account: "Create List", "Get Lists", "Get List", https://developers.klaviyo.com/en/reference/create_list
import type { RequestClient } from '@segment/actions-core'
import { isJsonObject, type JsonObject, objectAt } from '../../core/json.ts'
import {
  type AudienceReport,
  assertAccepted,
  notFound,
  requireId,
  requireName,
} from '../audience-members/remote-audience.ts'
import type { Settings } from './generated-types.ts'
import { callKlaviyo, type KlaviyoCall, readKlaviyoFailure } from './klaviyo.ts'

interface Create {
  readonly settings: Settings
  readonly audienceName: string
}

/**
 * The list of this name, made when there is none. Klaviyo lets lists share a name and keeps no text of ours: whoever wants a
 * new list under an old name gives it another one.
 */
export async function createKlaviyoList(
  request: RequestClient,
  { settings, audienceName }: Create,
): Promise<{ externalId: string }> {
  const name = requireName(audienceName)
  const filter = `equals(name,"${name.replace(/["\\]/g, '\\$&')}")`
  const lists = await accepted(request, settings, {
    method: 'get',
    path: 'lists',
    query: { filter },
  })
  const found = (Array.isArray(lists.data) ? lists.data.filter(isJsonObject) : []).find(
    (list) => objectAt(list, 'attributes')?.name === name,
  )
  if (found) return { externalId: requireId('Klaviyo', found.id) }
  const made = await accepted(request, settings, {
    method: 'post',
    path: 'lists',
    json: { data: { type: 'list', attributes: { name } } },
  })
  return { externalId: requireId('Klaviyo', objectAt(made, 'data')?.id) }
}

/** Asking for `profile_count` is limited to one request a second. @throws IntegrationError 404 when there is none */
export async function reportKlaviyoList(
  request: RequestClient,
  settings: Settings,
  externalId: string,
): Promise<AudienceReport> {
  const answer = await callKlaviyo(request, settings, {
    method: 'get',
    path: `lists/${encodeURIComponent(externalId)}`,
    query: { 'additional-fields[list]': 'profile_count' },
  })
  if (answer.status === 404) return notFound('Klaviyo', externalId)
  const failure = readKlaviyoFailure(answer, settings)
  if (failure) assertAccepted(failure)
  const attributes = objectAt(objectAt(answer.body, 'data'), 'attributes') ?? {}
  const { name, profile_count: count } = attributes
  return {
    externalId,
    name: typeof name === 'string' ? name : null,
    size: typeof count === 'number' ? { lower: count, upper: count } : null,
    state: 'ready',
    detail: null,
  }
}

async function accepted(
  request: RequestClient,
  settings: Settings,
  call: KlaviyoCall,
): Promise<JsonObject> {
  const answer = await callKlaviyo(request, settings, call)
  const failure = readKlaviyoFailure(answer, settings)
  if (failure) assertAccepted(failure)
  return answer.body ?? {}
}

/** @throws what is wrong with the key */
export async function assertKlaviyoKey(request: RequestClient, settings: Settings): Promise<void> {
  await accepted(request, settings, {
    method: 'get',
    path: 'lists',
    query: { 'fields[list]': 'name' },
  })
}
