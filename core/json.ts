// JSON as data: the types every room shares, and the few questions asked of an unknown value.

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json | undefined }

/** True for a plain JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at `key` when it is an object, else undefined. Never throws. */
export function objectAt(value: unknown, key: string): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined
  const inner = value[key]
  return isJsonObject(inner) ? inner : undefined
}

/** An identifier or name as text: trimmed non-empty string, or a finite number written out; else null. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() || null
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null
}
