// The OpenAPI 3.1 document of the routes that an application has registered: each says of itself what it takes and answers
// (route.ts). Nothing is written down twice, so nothing here can be out of date.
import { z } from 'zod'
import type { Json, JsonObject } from '../../core/json.ts'
import { HEADERS } from '../../core/signature.ts'
import { API_ERRORS } from './codes/api-errors.ts'
import { CATALOGUE } from './codes/catalogue.ts'
import { type ApiErrorCode, docsOf, ERROR_STATUS } from './errors.ts'
import { exampleOf } from './openapi-example.ts'
import { declarationOf, type Route, TAGS } from './route.ts'

export interface RegisteredRoute {
  readonly method: string
  readonly path: string
  readonly handler: unknown
}

type Schemas = Record<string, JsonObject>

export function openApiOf(routes: readonly RegisteredRoute[]): JsonObject {
  const declared = routes.flatMap(({ handler }) => declarationOf(handler) ?? [])
  const schemas: Schemas = { Error: ERROR }
  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const route of declared) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: operationOf(route, schemas) }
  }
  const used = new Set(declared.map(({ tag }) => tag))
  return {
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).flatMap(([name, description]) =>
      used.has(name as Route['tag']) ? [{ name, description }] : [],
    ),
    paths,
    components: { schemas, securitySchemes: SECURITY },
    'x-codes': CATALOGUE as unknown as Json,
  }
}

const INFO: JsonObject = {
  title: 'TrackLayer',
  version: '1',
  summary: 'Canonical, deduplicated events behind Segment, with a ledger that balances.',
  description: [
    'A key opens one environment, and nothing of another one can be seen with it. Roles: a viewer reads, an operator also',
    'acts, an admin also sees personal data and lets others in. Answers may get further fields; what is there stays.',
    'Every error names a code that does not change and the path of a page about it.',
  ].join(' '),
}

/** The names of the schemes; a role needed stands beside `apiKey`, as OpenAPI 3.1 has it. */
const SECURITY: JsonObject = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key of the environment, or the token of a session.',
  },
  account: signatureHeader(HEADERS.account, 'The account, e.g. acct_live_123.'),
  environment: signatureHeader(HEADERS.environment, 'The environment, e.g. production.'),
  timestamp: signatureHeader(
    HEADERS.timestamp,
    'Now in UTC, e.g. 2026-04-23T10:15:30Z; at most five minutes from the store’s clock.',
  ),
  signature: signatureHeader(
    HEADERS.signature,
    'sha256=<hex>: HMAC-SHA256 with a live secret over timestamp.account.environment.body, the body as sent. ' +
      'Several, separated by commas, while secrets are being changed.',
  ),
}

function signatureHeader(name: string, description: string): JsonObject {
  return { type: 'apiKey', in: 'header', name, description }
}

const ERROR: JsonObject = {
  type: 'object',
  description: 'Every error has this form.',
  properties: {
    error: {
      type: 'object',
      properties: {
        code: { type: 'string', enum: Object.keys(ERROR_STATUS) },
        message: { type: 'string', description: 'What is wrong with this request, for people.' },
        docs: { type: 'string', description: 'Path of the page about the code.' },
      },
      required: ['code', 'message', 'docs'],
    },
  },
  required: ['error'],
}

function operationOf(route: Route, schemas: Schemas): JsonObject {
  const { id, tag, summary, details, access, body } = route
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(details ? { description: details } : {}),
    security: securityOf(access),
    parameters: [...pathParameters(route), ...headers(route), ...queryParameters(route, schemas)],
    ...(body
      ? { requestBody: { required: !takesNothing(body), content: contentOf(body, schemas) } }
      : {}),
    responses: { ...answersOf(route, schemas), ...errorsOf(route) },
  }
}

function securityOf(access: Route['access']): Json {
  if (access === 'open') return []
  return access === 'signed'
    ? [{ account: [], environment: [], timestamp: [], signature: [] }]
    : [{ apiKey: [access] }]
}

function pathParameters({ path, params = {} }: Route): JsonObject[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    ...(params[name] ? { description: params[name] } : {}),
    schema: { type: 'string' },
  }))
}

function headers({ headers: named = {} }: Route): JsonObject[] {
  return Object.entries(named).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }))
}

function queryParameters({ query }: Route, schemas: Schemas): JsonObject[] {
  if (!query) return []
  const { properties = {}, required = [] } = schemaOf(query, schemas) as {
    properties?: Schemas
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(required.includes(name) ? { required: true } : {}),
    ...(description ? { description } : {}),
    schema,
  }))
}

function answersOf(
  { status = 200, answer, answerType, otherAnswers = {} }: Route,
  schemas: Schemas,
) {
  const answers: [string, z.ZodType | null][] = [
    [String(status), answer],
    ...Object.entries(otherAnswers),
  ]
  return Object.fromEntries(
    answers.map(([code, schema]) => [
      code,
      {
        description: STATUS_WORDS[code] ?? 'Done',
        ...(answerType === 'text/event-stream'
          ? { content: { [answerType]: { schema: { type: 'string' } } } }
          : schema
            ? { content: contentOf(schema, schemas) }
            : {}),
      },
    ]),
  )
}

const STATUS_WORDS: Readonly<Record<string, string>> = {
  '200': 'OK',
  '201': 'Made',
  '202': 'Taken in',
  '204': 'Done; no body',
}

function contentOf(of: z.ZodType, schemas: Schemas): JsonObject {
  const schema = schemaOf(of, schemas)
  return { 'application/json': { schema, example: exampleOf(schema, schemas) } }
}

function takesNothing(body: z.ZodType): boolean {
  return body.safeParse({}).success
}

/** What can go wrong follows from who may ask and what is read; the rest the route names. */
export function errorCodesOf({ access, query, body, errors = [] }: Route): ApiErrorCode[] {
  const codes = new Set<ApiErrorCode>([...errors, 'internal'])
  if (access !== 'open') codes.add('unauthorized')
  if (access === 'operator' || access === 'admin') codes.add('forbidden')
  if (access !== 'open' && access !== 'signed') codes.add('unavailable')
  if (access === 'signed') {
    codes.add('unsupported_media_type').add('body_too_large').add('invalid_json')
  } else {
    if (body) codes.add('invalid_json')
    if (body || query) codes.add('invalid_request')
  }
  return Object.keys(ERROR_STATUS).filter((code) =>
    codes.has(code as ApiErrorCode),
  ) as ApiErrorCode[]
}

function errorsOf(route: Route): JsonObject {
  const byStatus = new Map<number, ApiErrorCode[]>()
  for (const code of errorCodesOf(route)) {
    const status = ERROR_STATUS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, errorAnswerOf(codes)]))
}

function errorAnswerOf(codes: readonly ApiErrorCode[]): JsonObject {
  const canWait = codes.some((code) => code === 'overloaded' || code === 'unavailable')
  const schema = {
    $ref: '#/components/schemas/Error',
    properties: { error: { properties: { code: { enum: codes } } } },
  }
  const examples = Object.fromEntries(
    codes.map((code) => [
      code,
      { value: { error: { code, message: API_ERRORS[code].means, docs: docsOf(code) } } },
    ]),
  )
  return {
    description: codes.join(', '),
    ...(canWait ? { headers: { 'Retry-After': RETRY_AFTER } } : {}),
    content: { 'application/json': { schema, examples } },
  }
}

const RETRY_AFTER: JsonObject = {
  description: 'Seconds after which to ask again.',
  schema: { type: 'integer' },
}

/** Schemas that have an id become components; what is left refers to them. */
function schemaOf(of: z.ZodType, schemas: Schemas): JsonObject {
  const made = z.toJSONSchema(of, { io: 'input', unrepresentable: 'any', override: shorten })
  const { $schema: _, $defs = {}, ...schema } = rerooted(made)
  for (const [id, each] of Object.entries($defs as Schemas)) schemas[id] = withoutId(each)
  const id = schema.id
  if (typeof id !== 'string') return schema
  schemas[id] = withoutId(schema)
  return { $ref: `#/components/schemas/${id}` }
}

function withoutId({ id: _, ...schema }: JsonObject): JsonObject {
  return schema
}

function rerooted(made: object): JsonObject {
  const text = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/')
  return JSON.parse(text) as JsonObject
}

// A format says it in a word, and every whole number has the limits of a double.
function shorten({ jsonSchema }: { readonly jsonSchema: Record<string, unknown> }): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  delete jsonSchema.propertyNames
}
