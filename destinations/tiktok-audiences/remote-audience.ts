// Audiences of an advertiser: made by POST /segment/audience/ (https://business-api.tiktok.com/portal/docs?id=1739940583739393),
// which alone makes audiences that "/segment/mapping/" can fill, found and reported by /dmp/custom_audience/.
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
import { callTikTok, readAudienceAnswer, type TikTokCall } from './tiktok.ts'

interface Create {
  readonly settings: Settings
  readonly audienceName: string
}

/**
 * The audience of this name, made when there is none. TikTok lets many audiences have one name and keeps no text of ours:
 * whoever wants a new audience under an old name gives it another one.
 */
export async function createTikTokAudience(
  request: RequestClient,
  { settings, audienceName }: Create,
): Promise<{ externalId: string }> {
  const name = requireName(audienceName)
  const found = await audienceNamed(request, settings, name)
  if (found) return { externalId: requireId('TikTok', found.audience_id) }
  const data = await accepted(request, settings, {
    method: 'post',
    path: 'segment/audience/',
    json: { custom_audience_name: name, advertiser_id: settings.advertiserId, action: 'create' },
  })
  return { externalId: requireId('TikTok', data.audience_id) }
}

const PAGE_SIZE = 100
// An advertiser may have 400 audiences (as partners write).
const MAX_PAGES = 20

async function audienceNamed(
  request: RequestClient,
  settings: Settings,
  name: string,
): Promise<JsonObject | undefined> {
  for (let page = 1; page <= MAX_PAGES; page++) {
    const data = await accepted(request, settings, listCall(settings, page, PAGE_SIZE))
    const found = listIn(data).find((audience) => audience.name === name)
    const pages = Number(objectAt(data, 'page_info')?.total_page ?? 1)
    if (found || page >= pages) return found
  }
  return undefined
}

const listCall = ({ advertiserId }: Settings, page: number, size: number): TikTokCall => ({
  method: 'get',
  path: 'dmp/custom_audience/list/',
  query: { advertiser_id: advertiserId, page: String(page), page_size: String(size) },
})

const listIn = (data: JsonObject): readonly JsonObject[] =>
  Array.isArray(data.list) ? data.list.filter(isJsonObject) : []

/** @throws IntegrationError 404 when there is none */
export async function reportTikTokAudience(
  request: RequestClient,
  settings: Settings,
  externalId: string,
): Promise<AudienceReport> {
  const data = await accepted(request, settings, {
    method: 'get',
    path: 'dmp/custom_audience/get/',
    query: {
      advertiser_id: settings.advertiserId,
      custom_audience_ids: JSON.stringify([externalId]),
    },
  })
  const details = objectAt(listIn(data)[0], 'audience_details')
  if (!details || String(details.audience_id) !== externalId) return notFound('TikTok', externalId)
  return reportOf(externalId, details)
}

// "A minimum audience size of 1,000 is required to target custom audiences in an ad group."
const SMALLEST = 1000

function reportOf(externalId: string, details: JsonObject): AudienceReport {
  const { name, cover_num: cover, error_msg: error } = details
  const size = typeof cover === 'number' && cover >= 0 ? cover : null
  return {
    externalId,
    name: typeof name === 'string' ? name : null,
    size: size === null ? null : { lower: size, upper: size },
    state: stateOf(details, size),
    detail: typeof error === 'string' && error ? error : null,
  }
}

function stateOf(details: JsonObject, size: number | null): AudienceReport['state'] {
  if (details.error_msg) return 'blocked'
  if (details.is_valid === true) return 'ready'
  if (size === null || size === 0) return 'processing'
  return size < SMALLEST ? 'too_small' : 'unknown'
}

async function accepted(
  request: RequestClient,
  settings: Settings,
  call: TikTokCall,
): Promise<JsonObject> {
  const answer = await callTikTok(request, settings, call)
  assertAccepted(readAudienceAnswer(answer, settings))
  return objectAt(answer.body, 'data') ?? {}
}

/** @throws what is wrong with token or advertiser */
export async function assertTikTokAdvertiser(
  request: RequestClient,
  settings: Settings,
): Promise<void> {
  await accepted(request, settings, listCall(settings, 1, 10))
}
