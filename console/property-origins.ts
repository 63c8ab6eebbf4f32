// Which property of the raw message a canonical property came from, told from the two messages alone.
import type { Json, JsonObject } from '../core/json.ts'

export interface Origin {
  readonly how: 'kept' | 'renamed' | 'read' | 'made'
  /** Raw properties it was taken from. */
  readonly from: readonly string[]
}

/** `items` and `line_items` are both read off the raw `products`. */
const READ_FROM: Readonly<Record<string, readonly string[]>> = {
  items: ['products', 'items'],
  line_items: ['products', 'items'],
  value: ['revenue', 'total', 'value'],
}

export function originOf(name: string, value: Json | undefined, raw: JsonObject): Origin {
  if (Object.hasOwn(raw, name)) {
    return isSame(raw[name], value) ? { how: 'kept', from: [name] } : { how: 'read', from: [name] }
  }
  const folded = fold(name)
  const sameName = Object.keys(raw).filter((key) => fold(key) === folded)
  const known = (READ_FROM[name] ?? []).filter((key) => Object.hasOwn(raw, key))
  const from = sameName.length > 0 ? sameName : known.slice(0, 1)
  if (from.length === 0) return { how: 'made', from: [] }
  return { how: from.some((key) => isSame(raw[key], value)) ? 'renamed' : 'read', from }
}

function fold(name: string): string {
  return name.replace(/[\s_-]/g, '').toLowerCase()
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
