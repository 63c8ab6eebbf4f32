// RFC 8785 (JSON Canonicalization Scheme): the one text of a JSON value that two sides can sign and compare.
// Numbers and strings are ECMAScript's own (sections 3.2.2.2 and 3.2.2.3); keys sort by UTF-16 code units (3.2.3),
// which is what Array.prototype.sort does by default.

/** The canonical text of a JSON value. Members that are undefined are left out, as JSON.stringify does. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const members: string[] = []
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key]
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`)
  }
  return `{${members.join(',')}}`
}
