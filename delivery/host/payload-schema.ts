// Checks and coerces a mapped payload by the fields of an action, as actions-core does before `perform`. The schema is
// compiled without a key: actions-core's own, "<destination>:<action title>", is shared by everybody with that name in the
// process, and ajv reads it as a URI, which throws for names with spaces from fast-uri 3.1.6 on.
import { type ActionDefinition, fieldsToJsonSchema, validateSchema } from '@segment/actions-core'
import { messageOf } from '../../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'

/** Gives the checked payload, a copy. @throws PayloadInvalid naming the field */
export type CheckPayload = (payload: JsonObject) => JsonObject

type Fields = ActionDefinition<never>['fields']
type Schema = ReturnType<typeof fieldsToJsonSchema>

/** Carries `status` 400 as actions-core's PayloadValidationError does: the event is the reason, no retry helps. */
class PayloadInvalid extends Error {
  override readonly name = 'PayloadInvalid'
  readonly status = 400
}

export function createPayloadCheck(action: string, fields: Fields): CheckPayload {
  const schema = fieldsToJsonSchema(fields)
  return (payload) => {
    const copy = withoutEmpty(structuredClone(payload), schema)
    try {
      validateSchema(copy, schema, { exempt: ['dynamicAuthSettings'] })
    } catch (error) {
      throw new PayloadInvalid(`payload of ${action}: ${messageOf(error)}`)
    }
    return copy
  }
}

// ajv would coerce null to '' or 0. An empty text at the root means "not given", as in actions-core.
function withoutEmpty(payload: JsonObject, schema: Schema): JsonObject {
  const kept = Object.entries(payload).filter(([, value]) => value !== '')
  return withoutNulls(Object.fromEntries(kept), schema) as JsonObject
}

interface SchemaNode {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
}

function withoutNulls(value: Json, schema: SchemaNode | undefined): Json {
  if (Array.isArray(value) && schema?.items) {
    return value.filter((item) => item !== null).map((item) => withoutNulls(item, schema.items))
  }
  const properties = schema?.properties
  if (!isJsonObject(value) || !properties) return value
  const entries = Object.entries(value)
    .filter(([name, item]) => item !== null || allowsNull(properties[name]))
    .map(([name, item]) => [name, withoutNulls(item as Json, properties[name])] as const)
  return Object.fromEntries(entries)
}

// A field that the schema does not know is removed by the check itself, or belongs to a free-form object.
function allowsNull(schema: SchemaNode | undefined): boolean {
  return !schema?.type || [schema.type].flat().includes('null')
}
