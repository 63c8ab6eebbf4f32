// What a destination's mapping puts into each field, as people read it: nested objects are laid out by path.
import type { Json, JsonObject } from '../core/json.ts'
import { isObject } from './property-origins.ts'

export interface MappedField {
  readonly field: string
  /** A path of the canonical event, a text in quotes, or the directive as it stands. */
  readonly source: string
}

export function mappedFields(mapping: JsonObject, prefix = ''): MappedField[] {
  return Object.entries(mapping).flatMap(([name, value]) => {
    const field = prefix + name
    if (isObject(value) && !isDirective(value)) return mappedFields(value, `${field}.`)
    return [{ field, source: sourceOf(value ?? null) }]
  })
}

function sourceOf(value: Json): string {
  const listed: readonly Json[] = Array.isArray(value) ? value : [value]
  const paths = listed.map(pathOf)
  return paths.length > 0 && !paths.includes(null) ? paths.join(', ') : JSON.stringify(value)
}

function isDirective(value: JsonObject): boolean {
  return Object.keys(value).some((key) => key.startsWith('@'))
}

/** Null for what is more than a path, or other than one. */
function pathOf(value: Json): string | null {
  if (!isObject(value) || Object.keys(value).length !== 1) return null
  const path = value['@path']
  return typeof path === 'string' ? path : null
}
