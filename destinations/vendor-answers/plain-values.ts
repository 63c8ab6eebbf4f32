// Values the platforms take unhashed. A malformed one is left out: it would have the whole request refused.

// Not a full check of addresses, only of their alphabet: what passes is for the platform to read.
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/
const CURRENCY = /^[A-Z]{3}$/

/** An IPv4 or IPv6 address. */
export function ipAddress(raw: string | undefined): string | undefined {
  if (!raw) return undefined
  const text = raw.trim()
  return ADDRESS.test(text) ? text : undefined
}

/** An ISO 4217 code in capitals. */
export function currencyCode(raw: string | undefined): string | undefined {
  if (!raw) return undefined
  const code = CURRENCY.test(raw) ? raw : raw.trim().toUpperCase()
  return CURRENCY.test(code) ? code : undefined
}
