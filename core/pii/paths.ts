// Paths into a message: `traits.email`, `properties.products[].note`, `context.traits.*`. What changes is copied, so that
// nobody who holds the message sees it change.
import { isJsonObject, type Json, type JsonObject } from '../json.ts'

/** Names of keys; `[]` stands for each item of a list and `*` for each value of an object. */
export type PiiPath = readonly string[]

/** What a value becomes; undefined takes it off. */
export type Change = (value: Json) => Json | undefined

export function parsePath(text: string): PiiPath {
  return text.replaceAll('[]', '.[]').split('.')
}

/** The same value when nothing on the path changes. */
export function changeAt(value: Json, path: PiiPath, change: Change, at = 0): Json | undefined {
  const step = path[at]
  if (step === undefined) return change(value)
  if (step === '[]') {
    if (!Array.isArray(value)) return value
    const items = value.map((item) => changeAt(item, path, change, at + 1))
    return items.every((item, nth) => item === value[nth])
      ? value
      : items.filter((item) => item !== undefined)
  }
  if (!isJsonObject(value)) return value
  const keys = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : []
  return changeMembers(value, keys, (inner) => changeAt(inner, path, change, at + 1))
}

function changeMembers(object: JsonObject, keys: readonly string[], change: Change): JsonObject {
  const changed = new Map<string, Json | undefined>()
  for (const key of keys) {
    const before = object[key]
    if (before === undefined) continue
    const after = change(before)
    if (after !== before) changed.set(key, after)
  }
  if (changed.size === 0) return object
  // Not by assignment: a sender may name a key `__proto__`.
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, inner]) => {
      const now = changed.has(key) ? changed.get(key) : inner
      return now === undefined ? [] : [[key, now]]
    }),
  )
}
