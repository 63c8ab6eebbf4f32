// The store's OpenAPI document as the pages about it read it, and what they make of it: operations by tag, fields of a
// schema, a call to copy.
import type { Json, JsonObject } from '../core/json.ts'

export interface ApiDocument {
  readonly info: { readonly title: string; readonly description: string }
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonObject>> }
  readonly 'x-codes': readonly CodeGroup[]
}

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, ApiAnswer>>
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema: JsonObject
}

export interface ApiAnswer {
  readonly description: string
  readonly content?: Content
}

type Content = Readonly<
  Record<
    string,
    {
      readonly schema: JsonObject
      readonly example?: Json
      readonly examples?: Readonly<Record<string, unknown>>
    }
  >
>

export interface CodeGroup {
  readonly name: string
  readonly where: string
  readonly codes: Readonly<Record<string, CodeText>>
}

export interface CodeText {
  readonly means: string
  readonly cause: string
  readonly fix: string
  readonly retry: 'yes' | 'no' | 'by_itself'
}

/** An operation and where it is. */
export interface Placed {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

export function operationsOf({ paths }: ApiDocument): Placed[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  )
}

/** What it takes to ask: a role, a signature, or nothing. */
export function accessOf({ security: [needed] }: Operation): string {
  if (!needed) return 'open'
  return needed.apiKey?.[0] ?? 'signed'
}

/** Codes of errors an operation answers, with their status. */
export function errorsOf({
  responses,
}: Operation): { readonly code: string; readonly status: string }[] {
  return Object.entries(responses).flatMap(([status, { content }]) =>
    Object.keys(content?.['application/json']?.examples ?? {}).map((code) => ({ code, status })),
  )
}

export interface Field {
  /** `events[].message_id` */
  readonly name: string
  readonly type: string
  readonly isRequired: boolean
  readonly description: string
}

/** Every field of a schema, those of inner objects after them. */
export function fieldsOf(schema: JsonObject, document: ApiDocument, prefix = ''): Field[] {
  const own = resolved(schema, document)
  if (Array.isArray(own.anyOf)) {
    const inner = (own.anyOf as readonly JsonObject[]).filter(({ type }) => type !== 'null')
    return inner.flatMap((each) => fieldsOf(each, document, prefix))
  }
  if (own.items) return fieldsOf(own.items as JsonObject, document, `${prefix}[]`)
  const { additionalProperties: each } = own
  if (typeof each === 'object' && !own.properties)
    return fieldsOf(each as JsonObject, document, `${prefix}.{name}`)
  const required = (own.required ?? []) as readonly string[]
  return Object.entries((own.properties ?? {}) as Readonly<Record<string, JsonObject>>).flatMap(
    ([key, inner]) => {
      const name = prefix === '' ? key : `${prefix}.${key}`
      const { description } = { ...resolved(inner, document), ...inner }
      const isRequired = required.includes(key)
      return [
        { name, type: typeOf(inner, document), isRequired, description: String(description ?? '') },
        ...fieldsOf(inner, document, name),
      ]
    },
  )
}

function resolved(schema: JsonObject, { components }: ApiDocument): JsonObject {
  const id =
    String(schema.$ref ?? '')
      .split('/')
      .at(-1) ?? ''
  return components.schemas[id] ?? schema
}

/** `text`, `one of delivered, dead`, `list of numbers`, `instant or null`. */
export function typeOf(schema: JsonObject, document: ApiDocument): string {
  const own = resolved(schema, document)
  if (Array.isArray(own.anyOf)) {
    const kinds = (own.anyOf as readonly JsonObject[]).map((each) => typeOf(each, document))
    return [...new Set(kinds)].join(' or ')
  }
  if (Array.isArray(own.enum)) return `one of ${own.enum.join(', ')}`
  if (own.const !== undefined) return JSON.stringify(own.const)
  if (own.format === 'date-time') return 'instant'
  if (own.type === 'array') return `list of ${typeOf((own.items ?? {}) as JsonObject, document)}`
  if (own.type === 'object' && own.additionalProperties && !own.properties) return 'names → values'
  return WORDS[String(own.type)] ?? 'anything'
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'object',
  null: 'null',
}

/** A call to copy: it takes STORE and KEY, or the secret, from the shell. */
export function curlOf({ method, path, operation }: Placed): string {
  const body = operation.requestBody?.content['application/json']?.example
  const access = accessOf(operation)
  const address = `"$STORE${path.replace(/\{(\w+)\}/g, (_, name: string) => PLACES[name] ?? `<${name}>`)}"`
  if (access === 'signed') return signedCurl(address, body)
  const flags = `${method === 'GET' ? '' : ` -X ${method}`}${path.endsWith('/stream') ? ' -N' : ''}`
  const parts = [
    `curl${flags} ${address}`,
    ...(access === 'open' ? [] : ['-H "Authorization: Bearer $KEY"']),
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d ${quoted(body)}`]),
  ]
  return parts.join(' \\\n  ')
}

const PLACES: Readonly<Record<string, string>> = { id: '$ID', name: '$NAME' }

function signedCurl(address: string, body: Json | undefined): string {
  return `BODY=${quoted(body ?? {})}
NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)
MAC=$(printf '%s.%s.%s.%s' "$NOW" "$ACCOUNT" "$ENVIRONMENT" "$BODY" |
  openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)
curl -X POST -H 'Content-Type: application/json' \\
  -H "X-TrackLayer-Account: $ACCOUNT" -H "X-TrackLayer-Environment: $ENVIRONMENT" \\
  -H "X-TrackLayer-Timestamp: $NOW" -H "X-TrackLayer-Signature: sha256=$MAC" \\
  -d "$BODY" ${address}`
}

// In single quotes the shell changes nothing; a quote inside ends them for a moment.
function quoted(value: Json): string {
  return `'${JSON.stringify(value).replaceAll("'", "'\\''")}'`
}
