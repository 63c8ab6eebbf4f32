// The served OpenAPI document, and whether an answer is what it says. Objects are closed here: an answer may not have a
// field that the document does not know, while clients are told that answers may grow.
import Ajv, { type ValidateFunction } from 'ajv/dist/2020'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'

export interface Operation extends JsonObject {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security: readonly { readonly [scheme: string]: readonly string[] }[]
  readonly parameters: readonly (JsonObject & { readonly name: string; readonly in: string })[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: { readonly [status: string]: Described }
}

export type Described = { readonly description: string; readonly content?: Content }
export type Content = {
  readonly [type: string]: { readonly schema: JsonObject; readonly example?: Json }
}

export interface ApiDocument extends JsonObject {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly components: { readonly schemas: { readonly [id: string]: JsonObject } }
}

export interface FoundOperation {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

export async function readDocument(app: {
  request(path: string): Response | Promise<Response>
}): Promise<ApiDocument> {
  return (await (await app.request('/openapi.json')).json()) as ApiDocument
}

export function operationsOf({ paths }: ApiDocument): FoundOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
}

export function createDocumentCheck(document: ApiDocument) {
  const closed = close(document) as ApiDocument
  const operations = operationsOf(closed)
  const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, formats: FORMATS })
  ajv.addVocabulary(['components'])
  ajv.addSchema({ $id: 'doc:', components: { schemas: closed.components.schemas } } as object)
  const compiled = new Map<string, ValidateFunction>()

  /** What is wrong with the value, in words; empty when it fits. */
  function faultsOf(schema: JsonObject, value: unknown): string[] {
    const text = JSON.stringify(schema).replaceAll('"#/', '"doc:#/')
    const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text))
    compiled.set(text, validate)
    if (validate(value)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath} ${message} ${JSON.stringify(params).slice(0, 120)}`,
    )
  }

  return {
    operations,
    faultsOf,
    /** Reads the answer; its faults, named after the operation that gave it. */
    async faultsOfAnswer(method: string, path: string, answer: Response): Promise<string[]> {
      const found = operationOf(operations, method, path)
      if (!found) return [`${method} ${path} is not described`]
      const { operationId, responses } = found.operation
      const described = responses[String(answer.status)]
      if (!described) return [`${operationId} answered ${answer.status}, which is not described`]
      const schema = described.content?.['application/json']?.schema
      const text = await answer.text()
      if (!schema) return text === '' ? [] : [`${operationId}: a body that is not described`]
      return faultsOf(schema, JSON.parse(text)).map(
        (fault) => `${operationId} ${answer.status}: ${fault}`,
      )
    },
  }
}

/** `/v1/audiences/objects` before `/v1/audiences/{id}`: the one with fewer parameters. */
export function operationOf(
  operations: readonly FoundOperation[],
  method: string,
  path: string,
): FoundOperation | undefined {
  const { pathname } = new URL(path, 'http://store.test')
  return operations
    .filter((each) => each.method === method.toLowerCase() && isAt(each.path, pathname))
    .sort((a, b) => a.operation.parameters.length - b.operation.parameters.length)[0]
}

function isAt(template: string, pathname: string): boolean {
  const [wanted, given] = [template.split('/'), pathname.split('/')]
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => part.startsWith('{') || part === given[at])
  )
}

const FORMATS = {
  'date-time': (text: string) => /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)),
}

function close(schema: Json | undefined): Json | undefined {
  if (Array.isArray(schema)) return schema.map((each) => close(each) as Json)
  if (!isJsonObject(schema)) return schema
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key.startsWith('example') ? value : close(value),
    ]),
  )
  const isOpen = schema.type === 'object' && isJsonObject(schema.properties)
  return isOpen && schema.additionalProperties === undefined
    ? { ...inner, additionalProperties: false }
    : inner
}
