const SECRET = /auth|cookie|key|secret|signature|token/i

/** The same headers with the values of those that carry credentials hidden. */
export function redactHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, SECRET.test(name) ? '(hidden)' : value]),
  )
}
