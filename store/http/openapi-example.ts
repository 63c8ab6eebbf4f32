// An example of a schema, put together from those of its leaves: it cannot say anything that the schema does not.
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'

/** @param schemas what `$ref` names, by id */
export function exampleOf(
  schema: Json | undefined,
  schemas: Readonly<Record<string, JsonObject>>,
): Json {
  if (!isJsonObject(schema)) return null
  const { $ref, examples, anyOf, items, properties, type } = schema
  if (typeof $ref === 'string') return exampleOf(schemas[$ref.split('/').at(-1) ?? ''], schemas)
  if (Array.isArray(examples)) return examples[0] as Json
  for (const given of [
    schema.const,
    schema.default,
    (schema.enum as readonly Json[] | undefined)?.[0],
  ])
    if (given !== undefined) return given
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0], schemas)
  if (type === 'array') return [exampleOf(items, schemas)]
  if (isJsonObject(properties)) {
    const required = (schema.required ?? []) as readonly string[]
    const shown = Object.entries(properties).filter(([name]) => required.includes(name))
    return Object.fromEntries(shown.map(([name, each]) => [name, exampleOf(each, schemas)]))
  }
  if (type === 'object' && isJsonObject(schema.additionalProperties))
    return { name: exampleOf(schema.additionalProperties, schemas) }
  return LEAVES[String(type)] ?? null
}

const LEAVES: Readonly<Record<string, Json>> = {
  string: '…',
  boolean: true,
  integer: 1,
  number: 1,
  object: {},
}
