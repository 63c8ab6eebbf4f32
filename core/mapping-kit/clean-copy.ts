// Copies of JSON without undefined, and what counts as an object: as actions-core's removeUndefined sees both.

/** True for what actions-core calls an object: not null, no list, no Date, Map or function. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value)
  // Objects of another realm (a Function's) have another Object.prototype; their tag is the same.
  if (prototype === Object.prototype || prototype === null) return true
  return Object.prototype.toString.call(value) === '[object Object]'
}

/**
 * A deep copy without keys that hold undefined; undefined in lists stays. A key `__proto__` is left out: written to
 * a plain object it would become the prototype.
 */
export function cleanCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const list = new Array<unknown>(value.length)
    for (let at = 0; at < value.length; at++) list[at] = cleanCopy(value[at])
    return list
  }
  if (!isPlainObject(value)) return value
  // Spreading copies the object's hidden class; adding key by key takes three times as long.
  const copy = { ...value }
  for (const key of Object.keys(copy)) {
    const inner = copy[key]
    if (inner === undefined || key === '__proto__') delete copy[key]
    else if (typeof inner === 'object') copy[key] = cleanCopy(inner)
  }
  return copy
}

/** The kind of a value in the words of messages: "text", "a list", "nothing". */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'string') return 'text'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
