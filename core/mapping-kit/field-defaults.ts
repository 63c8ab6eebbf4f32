// The mapping that an action's fields suggest. Segment's app fills it in; at run time nothing does.
import type { JsonObject } from '../json.ts'
import { cleanCopy, isPlainObject } from './clean-copy.ts'
import { isDirectiveLike } from './text-operand.ts'

/** What is used of a field of an actions-core definition. */
export interface FieldDefinition {
  readonly type: string
  readonly default?: unknown
  readonly multiple?: boolean | undefined
  readonly properties?: Readonly<Record<string, FieldDefinition>> | undefined
}

export interface FieldDefaultsOptions {
  /**
   * Also the defaults of a field's `properties`, which actions-core's `defaultValues` leaves out: for a field without
   * a default of its own, and for the keys its default object does not have. Default: false.
   */
  readonly nested?: boolean
}

/** A mapping of its own, safe to change, from the defaults of an action's fields. */
export function fieldDefaults(
  fields: Readonly<Record<string, FieldDefinition>>,
  { nested = false }: FieldDefaultsOptions = {},
): JsonObject {
  const mapping: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const value = nested ? nestedDefault(field) : field.default
    if (value !== undefined) mapping[name] = cleanCopy(value)
  }
  return mapping as JsonObject
}

// A directive stands for the whole field, and a list has no item to hang its properties' defaults on.
function nestedDefault(field: FieldDefinition): unknown {
  const own = field.default
  if (!field.properties || field.multiple || isDirectiveLike(own)) return own
  if (own !== undefined && !isPlainObject(own)) return own
  const inner = fieldDefaults(field.properties, { nested: true })
  return own === undefined && Object.keys(inner).length === 0 ? undefined : { ...inner, ...own }
}
