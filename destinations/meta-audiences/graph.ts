// Requests to the Graph API about audiences. The token goes as a bearer: as a query parameter it would stand in every log.
import type { RequestClient } from '@segment/actions-core'
import type { JsonObject } from '../../core/json.ts'
import { type Answer, answerOf } from '../vendor-answers/answer.ts'
import type { Settings } from './generated-types.ts'

export const DEFAULT_BASE_URL = 'https://graph.facebook.com'
/** Graph serves a version for two years at least; v24.0 came in October 2025. */
export const DEFAULT_API_VERSION = 'v24.0'

export interface GraphCall {
  readonly method: 'get' | 'post' | 'delete'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly json?: JsonObject
}

export async function callGraph(
  request: RequestClient,
  settings: Settings,
  { method, path, query, json }: GraphCall,
): Promise<Answer> {
  const root = `${settings.baseUrl || DEFAULT_BASE_URL}/${settings.apiVersion || DEFAULT_API_VERSION}`
  const search = query ? `?${new URLSearchParams(query)}` : ''
  const response = await request(`${root}/${path}${search}`, {
    method,
    ...(json ? { json } : {}),
    redirect: 'manual',
    throwHttpErrors: false,
  })
  return answerOf(response)
}

/** `act_<id>`, however the setting writes it. */
export const accountPath = ({ adAccountId }: Settings): string =>
  `act_${encodeURIComponent(adAccountId.trim().replace(/^act_/, ''))}`
