// Personal data is masked wherever people look. What is masked keeps its shape, so that a reader still sees that a
// field was there and of what kind it was.
import { isJsonObject, type Json } from './json.ts'

const PERSONAL = new Set([
  'email',
  'phone',
  'name',
  'firstname',
  'lastname',
  'username',
  'city',
  'region',
  'state',
  'postalcode',
  'zip',
  'street',
  'address',
  'birthday',
  'ip',
  'useragent',
  'inviteeemail',
  'inviteefirstname',
  'inviteelastname',
  'recipient',
])
// Product and campaign names are no person's: below these keys only addresses of mail are masked.
const IMPERSONAL = new Set([
  'products',
  'items',
  'line_items',
  'campaign',
  'page',
  'library',
  'app',
  'os',
  'device',
])
const EMAIL_ADDRESS = /[^\s@"'<>=&?/]+@[^\s@"'<>&?/]+\.[a-z]{2,}/gi

/** A copy with personal data masked: `j•••@•••.com`, `J•••`, `+49•••`. */
export function redact(value: Json | undefined, personal = true): Json {
  if (typeof value === 'string') return value.replace(EMAIL_ADDRESS, maskEmail)
  if (Array.isArray(value)) return value.map((item) => redact(item, personal))
  if (!isJsonObject(value)) return (value ?? null) as Json
  const out: Record<string, Json> = {}
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue
    const isPersonal = personal && PERSONAL.has(key.replace(/[\s_-]/g, '').toLowerCase())
    out[key] = isPersonal ? mask(inner) : redact(inner, personal && !IMPERSONAL.has(key))
  }
  return out
}

function mask(value: Json): Json {
  if (typeof value === 'string')
    return value.includes('@') ? value.replace(EMAIL_ADDRESS, maskEmail) : maskText(value)
  if (typeof value === 'number') return maskText(String(value))
  if (Array.isArray(value)) return value.map(mask)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mask(inner ?? null)]))
}

function maskText(text: string): string {
  return text === '' ? '' : `${text.slice(0, /^\+\d\d/.test(text) ? 3 : 1)}•••`
}

function maskEmail(address: string): string {
  return `${address.slice(0, 1)}•••@•••${address.slice(address.lastIndexOf('.'))}`
}
