// TikTok's audiences: POST /segment/audience/ and /segment/mapping/, GET /dmp/custom_audience/list/ and /get/. Forms as in
// Segment's action and TikTok's SDK (github.com/tiktok/tiktok-business-api-sdk); HTTP 200 with a code, like all of the API.
import type { Clock, Random } from '../../../core/clock.ts'
import { isJsonObject, type Json, type JsonObject } from '../../../core/json.ts'
import { createAudienceBook, type TwinAudiences } from '../audience-book.ts'
import type { People } from '../people.ts'
import type { TwinAnswer, TwinRequest, TwinRoute } from '../twin-app.ts'
import { isNonEmptyText, isSha256Hex, listOf } from '../value-forms.ts'
import { randomText } from '../vendor-ids.ts'

/** UNVERIFIED; see destinations/tiktok-audiences/limits.ts for where the number comes from. */
const MAX_ROWS = 1000
const SCHEMAS: readonly string[] = ['EMAIL_SHA256', 'PHONE_SHA256', 'IDFA_SHA256', 'GAID_SHA256']
/** "A minimum audience size of 1,000 is required to target custom audiences in an ad group" (as partners write). */
const SMALLEST = 1000

export interface TikTokRefusal {
  readonly reason: string
  readonly code: number
  readonly message: string
}

export interface TikTokAudienceOptions {
  readonly clock: Clock
  readonly random: Random
  readonly people: People
  readonly advertiserIds: readonly string[]
  tokenProblem(request: TwinRequest): TikTokRefusal | null
  answer(code: number, message: string, data?: JsonObject): TwinAnswer
}

type Handle = (request: TwinRequest) => JsonObject | TikTokRefusal

const NO_PERMISSION = 40001
const INVALID = 40002

export function createTikTokAudiences(options: TikTokAudienceOptions): {
  readonly routes: readonly TwinRoute[]
  readonly audiences: TwinAudiences
} {
  const { random, advertiserIds, answer, tokenProblem } = options
  const book = createAudienceBook({
    ...options,
    telling: SCHEMAS,
    kinds: { EMAIL_SHA256: 'email', PHONE_SHA256: 'phone' },
  })

  const route = (method: string, path: RegExp, handle: Handle): TwinRoute => ({
    method,
    path,
    handle(request) {
      const result = tokenProblem(request) ?? handle(request)
      if (!isRefusal(result)) return answer(0, 'OK', result)
      for (const row of rowsOf(request)) book.refuse(result.reason, row)
      return answer(result.code, result.message)
    },
  })

  const advertiserProblem = (id: Json | undefined): TikTokRefusal | null =>
    isNonEmptyText(id) && advertiserIds.includes(id)
      ? null
      : {
          reason: 'unknown_advertiser',
          code: NO_PERMISSION,
          message: `No permission to operate advertiser ${String(id)}.`,
        }

  function create({ body }: TwinRequest): JsonObject | TikTokRefusal {
    const { custom_audience_name: name, advertiser_id: advertiser, action } = objectOf(body)
    const problem = advertiserProblem(advertiser)
    if (problem) return problem
    if (action !== 'create') return invalid('invalid_action', 'action: Not a valid choice.')
    if (!isNonEmptyText(name)) {
      return invalid('missing_name', 'custom_audience_name: Missing data for required field.')
    }
    const id = randomText(random, 9, '123456789')
    book.create({ id, name, attributes: { advertiser_id: advertiser as string } })
    return { audience_id: id }
  }

  function map({ body }: TwinRequest): JsonObject | TikTokRefusal {
    const { advertiser_ids: advertisers, action, id_schema: schema, batch_data } = objectOf(body)
    const unknown = listOf(advertisers).map(advertiserProblem).find(Boolean)
    if (unknown || listOf(advertisers).length === 0) return unknown ?? missing('advertiser_ids')
    if (action !== 'add' && action !== 'delete') {
      return invalid('invalid_action', 'action: Not a valid choice.')
    }
    const columns = listOf(schema).map(String)
    if (columns.length === 0 || columns.some((column) => !SCHEMAS.includes(column))) {
      return invalid('invalid_schema', 'id_schema: Not a valid choice.')
    }
    const rows = listOf(batch_data)
    if (rows.length === 0) return missing('batch_data')
    if (rows.length > MAX_ROWS) {
      return invalid('too_many_rows', `batch_data: Longer than maximum length ${MAX_ROWS}.`)
    }
    return apply(action, columns, rows)
  }

  // One faulty row refuses the request. UNVERIFIED, like that for events; resending the others is safe either way.
  function apply(action: 'add' | 'delete', columns: readonly string[], rows: readonly Json[]) {
    const faults = rows.map((row, at) => rowProblem(row, columns, at))
    const first = faults.find((fault) => fault !== null)
    if (first) return first
    for (const row of rows) {
      const cells = listOf(row).map(objectOf)
      const identifiers = Object.fromEntries(
        cells.flatMap(({ id }, at) =>
          typeof id === 'string' ? [[columns[at] as string, id] as const] : [],
        ),
      )
      const ids = new Set(cells.flatMap(({ audience_ids: audiences }) => listOf(audiences)))
      for (const id of ids) {
        if (action === 'add') book.add(String(id), identifiers)
        else book.remove(String(id), identifiers)
      }
    }
    return {}
  }

  function rowProblem(row: Json, columns: readonly string[], at: number): TikTokRefusal | null {
    const cells = listOf(row).map(objectOf)
    if (cells.length !== columns.length || !cells.some(({ id }) => id !== undefined)) {
      return invalid('invalid_row', `batch_data.${at}: Does not fit id_schema.`)
    }
    for (const { id, audience_ids: audiences } of cells) {
      if (id === undefined) continue
      if (!isSha256Hex(id)) {
        return invalid('unhashed', `batch_data.${at}.id: Must be hashed with SHA256.`)
      }
      const unknown = listOf(audiences).find((audience) => !book.find(String(audience)))
      if (unknown !== undefined || listOf(audiences).length === 0) {
        return invalid('unknown_audience', `audience_ids: Audience ${unknown} does not exist.`)
      }
    }
    return null
  }

  function list({ query }: TwinRequest): JsonObject | TikTokRefusal {
    const problem = advertiserProblem(query.get('advertiser_id') ?? '')
    if (problem) return problem
    const size = Number(query.get('page_size') ?? 10)
    const page = Number(query.get('page') ?? 1)
    const all = book.list()
    return {
      page_info: {
        page,
        page_size: size,
        total_number: all.length,
        total_page: Math.max(1, Math.ceil(all.length / size)),
      },
      list: all.slice((page - 1) * size, page * size).map(({ id }) => details(id)),
    }
  }

  function get({ query }: TwinRequest): JsonObject | TikTokRefusal {
    const problem = advertiserProblem(query.get('advertiser_id') ?? '')
    if (problem) return problem
    const ids = JSON.parse(query.get('custom_audience_ids') ?? '[]') as string[]
    return {
      list: ids
        .filter((id) => book.find(id))
        .map((id) => ({ audience_details: details(id), audience_history: [] })),
    }
  }

  function details(id: string): JsonObject {
    const size = book.members(id).filter(({ isMatched }) => isMatched !== false).length
    return {
      audience_id: id,
      name: book.find(id)?.name ?? '',
      audience_type: 'Partner Audience',
      cover_num: size,
      is_valid: size >= SMALLEST,
    }
  }

  const at = (path: string) => new RegExp(`^/open_api/v1\\.3/${path}/?$`)
  return {
    routes: [
      route('POST', at('segment/audience'), create),
      route('POST', at('segment/mapping'), map),
      route('GET', at('dmp/custom_audience/list'), list),
      route('GET', at('dmp/custom_audience/get'), get),
    ],
    audiences: book,
  }
}

const rowsOf = ({ body }: TwinRequest): readonly Json[] => listOf(objectOf(body).batch_data)

const objectOf = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {})

const isRefusal = (result: JsonObject | TikTokRefusal): result is TikTokRefusal =>
  'reason' in result

const invalid = (reason: string, message: string): TikTokRefusal => ({
  reason,
  code: INVALID,
  message,
})

const missing = (field: string): TikTokRefusal =>
  invalid(`missing_${field}`, `${field}: Missing data for required field.`)
