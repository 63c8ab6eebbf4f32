/** The same JSON value with the keys of every object in it in alphabetical order. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(sortedEntries(value).map(([key, inner]) => [key, sortKeys(inner)]))
}

/** The same, of the outermost object only. */
export function sortOuterKeys(value: object): object {
  return Array.isArray(value) ? value : Object.fromEntries(sortedEntries(value))
}

function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
}
