// Custom audiences: "Custom Audience Users" (developers.facebook.com/documentation/ads-commerce/marketing-api/reference/
// custom-audience/users). Unlike events, a bad row costs only itself: the answer counts it and shows samples.
import type { Clock, Random } from '../../../core/clock.ts'
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import { type AudienceBook, createAudienceBook, type TwinAudiences } from '../audience-book.ts'
import type { People } from '../people.ts'
import type { TwinAnswer, TwinRequest, TwinRoute } from '../twin-app.ts'
import { isNonEmptyText, isSha256Hex, listOf } from '../value-forms.ts'
import { randomText } from '../vendor-ids.ts'
import { type MetaProblem, metaError, unknownPath, unknownPixel } from './meta-errors.ts'

/** "Only up to 10000 at a time." */
const MAX_ROWS = 10_000
/** Keys in plain text; all others are SHA-256 in lower-case hexadecimal. */
const PLAIN: readonly string[] = ['EXTERN_ID', 'MADID']
const HASHED: readonly string[] = 'EMAIL PHONE GEN DOBY DOBM DOBD LN FN FI CT ST ZIP COUNTRY'.split(
  ' ',
)
const MADID_FORM = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/
/** Small audiences are shown as this size. UNVERIFIED below which one. */
const SHOWN_AT_LEAST = 1000
/** Below this size an audience reaches nobody. UNVERIFIED number. */
const SMALLEST = 100

export interface MetaAudiences extends TwinAudiences {
  /** Meta finds fault with the audience: operation_status 471, and its members cannot be changed. */
  flag(audienceId: string): void
}

export interface MetaAudienceOptions {
  readonly clock: Clock
  readonly random: Random
  readonly people: People
  readonly versions: readonly string[]
  readonly adAccountIds: readonly string[]
  tokenProblem(request: TwinRequest): MetaProblem | null
}

type Handle = (request: TwinRequest, id: string) => TwinAnswer | MetaProblem

export function createMetaAudiences(options: MetaAudienceOptions): {
  readonly routes: readonly TwinRoute[]
  readonly audiences: MetaAudiences
} {
  const { random, adAccountIds } = options
  const book: AudienceBook = createAudienceBook({
    ...options,
    telling: ['EXTERN_ID', 'EMAIL', 'PHONE', 'MADID'],
    kinds: { EMAIL: 'email', PHONE: 'phone', EXTERN_ID: 'externalId' },
  })
  const flagged = new Set<string>()
  const filled = new Set<string>()
  const batches = new Set<string>()

  const route = (method: string, path: RegExp, handle: Handle): TwinRoute => ({
    method,
    path,
    handle(request, [version = '', id = '']) {
      const result = options.versions.includes(version)
        ? (options.tokenProblem(request) ?? handle(request, id))
        : unknownPath(`/${version}`)
      if (!('reason' in result)) return result
      for (const row of rowsOf(request)) book.refuse(result.reason, row)
      return metaError(result, random)
    },
  })

  const account =
    (handle: Handle): Handle =>
    (request, id) =>
      adAccountIds.includes(id) ? handle(request, id) : unknownPixel(`act_${id}`)
  const audience =
    (handle: Handle): Handle =>
    (request, id) =>
      book.find(id) ? handle(request, id) : unknownPixel(id)

  function create({ body }: TwinRequest): TwinAnswer | MetaProblem {
    const { name, ...attributes } = isJsonObject(body) ? body : {}
    if (!isNonEmptyText(name)) return required('name')
    if (attributes.subtype !== 'CUSTOM') return required('subtype')
    if (!isNonEmptyText(attributes.customer_file_source)) return required('customer_file_source')
    const id = randomText(random, 17, '123456789')
    book.create({ id, name, attributes })
    return { status: 200, body: { id } }
  }

  function search({ query }: TwinRequest): TwinAnswer {
    const [filter] = JSON.parse(query.get('filtering') ?? '[]') as { value?: string }[]
    const found = book.list().filter(({ name }) => !filter || name === filter.value)
    return {
      status: 200,
      body: {
        data: found.map(({ id, name, attributes }) => ({
          id,
          name,
          ...(attributes.description ? { description: attributes.description } : {}),
        })),
      },
    }
  }

  function read(_request: TwinRequest, id: string): TwinAnswer {
    const count = book.members(id).filter(({ isMatched }) => isMatched !== false).length
    const shown = filled.has(id) ? Math.max(SHOWN_AT_LEAST, count) : -1
    return {
      status: 200,
      body: {
        id,
        name: book.find(id)?.name ?? '',
        approximate_count_lower_bound: shown,
        approximate_count_upper_bound: shown,
        operation_status: flagged.has(id)
          ? { code: 471, description: 'This audience has integrity restrictions.' }
          : { code: 200, description: 'Normal' },
        delivery_status:
          count < SMALLEST
            ? { code: 300, description: 'This audience is too small to deliver ads to.' }
            : { code: 200, description: 'This audience is ready for use.' },
      },
    }
  }

  const change =
    (apply: AudienceBook['add']): Handle =>
    (request, id) => {
      const payload = objectAt(request.body, 'payload') ?? {}
      const problem = payloadProblem(payload, flagged.has(id))
      if (problem) return problem
      const schema = listOf(payload.schema).map(String)
      const rows = listOf(payload.data)
      const session = objectAt(request.body, 'session')
      const invalid = rows.filter((row) => !isRow(row, schema))
      const batch = `${id} ${session?.session_id} ${session?.batch_seq}`
      // A batch that came already is answered and not applied again. UNVERIFIED, and what a session is for.
      if (!session || !batches.has(batch)) {
        batches.add(batch)
        filled.add(id)
        for (const row of invalid) book.refuse('invalid_entry', row)
        for (const row of rows) if (isRow(row, schema)) apply(id, identifiersOf(row, schema))
      }
      return {
        status: 200,
        body: {
          audience_id: id,
          session_id: String(session?.session_id ?? randomText(random, 16, '123456789')),
          num_received: rows.length,
          num_invalid_entries: invalid.length,
          invalid_entry_samples: Object.fromEntries(
            invalid.slice(0, 5).map((row) => [JSON.stringify(row), 'Invalid hash']),
          ),
        },
      }
    }

  return {
    routes: [
      route('POST', /^\/(v\d+\.\d+)\/act_(\d+)\/customaudiences\/?$/, account(create)),
      route('GET', /^\/(v\d+\.\d+)\/act_(\d+)\/customaudiences\/?$/, account(search)),
      route(
        'GET',
        /^\/(v\d+\.\d+)\/act_(\d+)\/?$/,
        account((_, id) => ({ status: 200, body: { id: `act_${id}` } })),
      ),
      route('POST', /^\/(v\d+\.\d+)\/(\d+)\/users\/?$/, audience(change(book.add))),
      route('DELETE', /^\/(v\d+\.\d+)\/(\d+)\/users\/?$/, audience(change(book.remove))),
      route('GET', /^\/(v\d+\.\d+)\/(\d+)\/?$/, audience(read)),
    ],
    audiences: { ...book, flag: (id) => void flagged.add(id) },
  }
}

const rowsOf = ({ body }: TwinRequest): readonly Json[] => listOf(objectAt(body, 'payload')?.data)

function payloadProblem(payload: JsonObject, isFlagged: boolean): MetaProblem | null {
  if (isFlagged) return BLOCKED
  const schema = listOf(payload.schema)
  const unknown = schema.find(
    (key) => !PLAIN.includes(String(key)) && !HASHED.includes(String(key)),
  )
  if (schema.length === 0) return required('payload.schema')
  if (unknown !== undefined) {
    const message = `(#100) payload.schema: ${String(unknown)} is no supported key.`
    return { reason: 'invalid_schema', message, code: 100 }
  }
  const rows = listOf(payload.data)
  if (rows.length === 0) return required('payload.data')
  // UNVERIFIED words.
  return rows.length > MAX_ROWS
    ? {
        reason: 'too_many_rows',
        message: `(#100) Param payload.data must have at most ${MAX_ROWS} elements.`,
        code: 100,
      }
    : null
}

function isRow(row: Json, schema: readonly string[]): row is readonly string[] {
  if (!Array.isArray(row) || row.length !== schema.length) return false
  const isSomebody = row.some((value) => value !== '')
  return isSomebody && row.every((value, at) => value === '' || isValue(schema[at], value as Json))
}

function isValue(key: string | undefined, value: Json): boolean {
  if (key === 'EXTERN_ID') return isNonEmptyText(value)
  return key === 'MADID' ? typeof value === 'string' && MADID_FORM.test(value) : isSha256Hex(value)
}

const identifiersOf = (row: readonly string[], schema: readonly string[]) =>
  Object.fromEntries(
    schema.flatMap((key, at) => (row[at] ? [[key, row[at] as string] as const] : [])),
  )

function required(field: string): MetaProblem {
  const message = `(#100) The parameter ${field} is required.`
  return { reason: `missing_${field}`, message, code: 100 }
}

/** The body is the one of the documentation. */
const BLOCKED: MetaProblem = {
  reason: 'audience_blocked',
  message: 'Invalid parameter',
  code: 100,
  subcode: 1713230,
  title: 'Audience Upload Blocked',
  userMessage:
    'Before updating user memberships, you must resolve integrity restrictions on this Data File Custom Audience. Go to Audience Manager to appeal the restrictions or create a new audience with updated data',
}
