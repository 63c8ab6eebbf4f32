// Requests to TikTok's Business API about audiences, and what their answers mean: HTTP 200 with a code in the body.
import type { RequestClient } from '@segment/actions-core'
import type { JsonObject } from '../../core/json.ts'
import { readTikTokAnswer } from '../tiktok-events/read-answer.ts'
import { type Answer, answerOf } from '../vendor-answers/answer.ts'
import type { Verdict } from '../vendor-answers/verdict.ts'
import type { Settings } from './generated-types.ts'

export const DEFAULT_BASE_URL = 'https://business-api.tiktok.com'

export interface TikTokCall {
  readonly method: 'get' | 'post'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly json?: JsonObject
}

export async function callTikTok(
  request: RequestClient,
  settings: Settings,
  { method, path, query, json }: TikTokCall,
): Promise<Answer> {
  const search = query ? `?${new URLSearchParams(query)}` : ''
  const root = settings.baseUrl || DEFAULT_BASE_URL
  const response = await request(`${root}/open_api/v1.3/${path}${search}`, {
    method,
    ...(json ? { json } : {}),
    redirect: 'manual',
    throwHttpErrors: false,
  })
  return answerOf(response)
}

export const readAudienceAnswer = (answer: Answer, { accessToken }: Settings): Verdict =>
  readTikTokAnswer(answer, accessToken, invalidParameter)

// A validation message leads with the path of the first fault. UNVERIFIED for this endpoint: without an index the batch is
// split. What is said of the audience, the advertiser or the schema concerns every row.
const CULPRIT = /\bbatch_data(?:\.(\d+)|\[(\d+)\])/
const AUDIENCE = /\baudience(?:_ids?)?\b/i
const EVERY_ROW = /advertiser|id_schema/i

function invalidParameter(message: string, words: string): Verdict {
  const found = CULPRIT.exec(words)
  if (found) return { kind: 'event', message, culprit: Number(found[1] ?? found[2]) }
  if (AUDIENCE.test(words)) return { kind: 'settings', message, code: 'AUDIENCE_UNAVAILABLE' }
  if (EVERY_ROW.test(words)) return { kind: 'settings', message }
  return { kind: 'event', message, culprit: null }
}
