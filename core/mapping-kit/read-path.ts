// `$.properties.products[0]['sku name']`: taken apart once, read many times.
import type { Resolve } from './compiled.ts'

/**
 * The keys of a path as mapping-kit cuts it: at dots and at brackets around a digit or a quote; quotes go, also inside
 * a name. So no key with a dot can be read. The first `$.` goes wherever it stands.
 */
export function keysOfPath(path: string): readonly string[] {
  return keysOfName(path.replace('$.', ''))
}

/** As keysOfPath, for the names in a `@template`, where `$.` is not a prefix. */
export function keysOfName(name: string): readonly string[] {
  const dotted = name.replace(/\[(?=["'\d])|(?<=["'\d])\]+/g, '.')
  return dotted
    .split('.')
    .filter(Boolean)
    .map((key) => key.replace(/["']/g, ''))
}

type Keyed = Readonly<Record<string, unknown>>

/**
 * A reader for the keys; without keys the whole payload. As in mapping-kit a value on the way that is false, 0 or ''
 * is itself the result, and `length` of text and lists can be read. Never reads what is only inherited.
 */
export function createReader(keys: readonly string[]): Resolve {
  if (keys.some(isInherited)) return createCarefulReader(keys)
  const [first, second, third] = keys as [string, string, string]
  // Most paths have one to three keys; unrolled they take half the time of the loop.
  if (keys.length === 1) return (payload) => payload && (payload as Keyed)[first]
  if (keys.length === 2) {
    return (payload) => {
      const inner = payload && (payload as Keyed)[first]
      return inner && (inner as Keyed)[second]
    }
  }
  if (keys.length === 3) {
    return (payload) => {
      const outer = payload && (payload as Keyed)[first]
      const inner = outer && (outer as Keyed)[second]
      return inner && (inner as Keyed)[third]
    }
  }
  return (payload) => {
    let value = payload
    for (let at = 0; at < keys.length && value; at++) value = (value as Keyed)[keys[at] as string]
    return value
  }
}

function createCarefulReader(keys: readonly string[]): Resolve {
  return (payload) => {
    let value = payload
    for (let at = 0; at < keys.length && value; at++) value = readOwn(value, keys[at] as string)
    return value
  }
}

/** A value's own property; text has its `length` and characters. */
export function readOwn(value: NonNullable<unknown>, key: string): unknown {
  return Object.hasOwn(value, key) ? (value as Keyed)[key] : undefined
}

const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype, Number.prototype]

/** True for names that some JSON value inherits: `constructor`, `map`, `search`, `length`. */
export function isInherited(key: string): boolean {
  return PROTOTYPES.some((prototype) => key in prototype)
}
