// The difference between two JSON values, path by path, as people read it.
import { isJsonObject, type Json } from './json.ts'

export type Difference =
  | { readonly kind: 'added'; readonly path: string; readonly after: Json }
  | { readonly kind: 'removed'; readonly path: string; readonly before: Json }
  | {
      readonly kind: 'changed'
      readonly path: string
      readonly before: Json
      readonly after: Json
    }

/** Empty when both say the same; a list is compared place by place. Paths as in `user.email` and `items[0].price`. */
export function differenceOf(before: Json | undefined, after: Json | undefined): Difference[] {
  return [...compare('', before, after)]
}

function* compare(
  path: string,
  before: Json | undefined,
  after: Json | undefined,
): Generator<Difference> {
  if (before === undefined && after === undefined) return
  if (before === undefined) yield { kind: 'added', path, after: after as Json }
  else if (after === undefined) yield { kind: 'removed', path, before }
  else if (isJsonObject(before) && isJsonObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
    for (const key of keys)
      yield* compare(path === '' ? key : `${path}.${key}`, own(before, key), own(after, key))
  } else if (Array.isArray(before) && Array.isArray(after)) {
    for (let at = 0; at < Math.max(before.length, after.length); at++)
      yield* compare(`${path}[${at}]`, before[at], after[at])
  } else if (before !== after) yield { kind: 'changed', path, before, after }
}

function own(object: { readonly [key: string]: Json | undefined }, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
