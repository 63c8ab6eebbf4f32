// Personal data is masked wherever people look. What is masked keeps its shape, so that a reader still sees that a
// field was there and of what kind it was.
import { isJsonObject, type Json, type JsonObject } from './json.ts'

const PERSONAL = new Set([
  'name',
  'username',
  'nickname',
  'city',
  'region',
  'state',
  'postalcode',
  'zip',
  'zipcode',
  'street',
  'birthday',
  'birthdate',
  'dateofbirth',
  'dob',
  'ip',
  'remoteip',
  'clientip',
  'useragent',
  'clientuseragent',
  'recipient',
])
// `contact_email`, `invitee_first_name`, `shipping_address`, `address1`, `phone_number`, `ip_address`.
const PERSONAL_ENDING =
  /(email|phone|phonenumber|mobile|mobilenumber|firstname|lastname|fullname|address|address\d)$/
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
// Also as it stands in an address of the web. It begins where a word begins: searching from every letter of a long token
// would take the square of its length.
const EMAIL_ADDRESS =
  /(?<![^\s@"'<>=&?/:,;])[^\s@"'<>=&?/:,;]+(?:@|%40)[^\s@%"'<>&?/:,;]+\.\p{L}{2,}/giu
const WHOLE_ADDRESS = /^\s*[^\s@]+@[^\s@]+\.\p{L}{2,}\s*$/u

// Deeper is nothing that anybody reads, and a sender can nest beyond the engine's stack.
const MAX_DEPTH = 100

/** A copy with personal data masked: `j•••@•••.com`, `J•••`, `+49•••`. What lies deeper than 100 levels is left out. */
export function redact(value: Json | undefined): Json {
  return redactAt(value, true, 0)
}

function redactAt(value: Json | undefined, personal: boolean, depth: number): Json {
  if (typeof value === 'string') return maskAddresses(value)
  if (typeof value === 'object' && value !== null && depth === MAX_DEPTH) return '…'
  if (Array.isArray(value)) return value.map((item) => redactAt(item, personal, depth + 1))
  if (!isJsonObject(value)) return (value ?? null) as Json
  return mapValues(value, (inner, key) =>
    personal && isPersonal(key)
      ? mask(inner ?? null, depth + 1)
      : redactAt(inner, personal && !IMPERSONAL.has(key), depth + 1),
  )
}

function mapValues(
  object: JsonObject,
  map: (inner: Json | undefined, key: string) => Json,
): JsonObject {
  const copy: Record<string, Json> = {}
  for (const key of Object.keys(object)) {
    const inner = map(object[key], key)
    // Not by assignment: a sender may name a key so.
    if (key === '__proto__')
      Object.defineProperty(copy, key, {
        value: inner,
        enumerable: true,
        configurable: true,
        writable: true,
      })
    else copy[key] = inner
  }
  return copy
}

/**
 * What a receiver answered, with addresses of mail masked, and whatever it repeats of the personal data in `sent`. Other
 * words stay: an error's `name` or `state` is nobody's.
 */
export function redactAnswer(text: string, sent: Json): string {
  // Too short to repeat any of it.
  if (text.length < MIN_PERSONAL_LENGTH) return text
  const found = new Set<string>()
  collectPersonal(sent, false, 0, found)
  let masked = text
  // The longest first: a name may be part of an address.
  for (const value of [...found].sort((a, b) => b.length - a.length)) {
    for (const form of new Set([value, JSON.stringify(value).slice(1, -1)]))
      masked = masked.replaceAll(form, () => maskText(value))
  }
  return maskAddresses(masked)
}

// Most texts hold no address, and looking for one costs twenty times as much as looking for its sign.
function maskAddresses(text: string): string {
  return text.includes('@') || text.includes('%40') ? text.replace(EMAIL_ADDRESS, maskEmail) : text
}

// Shorter texts, such as a country, stand in every other word.
const MIN_PERSONAL_LENGTH = 3

function collectPersonal(value: Json, isInside: boolean, depth: number, found: Set<string>): void {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value)
    if (isInside && text.length >= MIN_PERSONAL_LENGTH) found.add(text)
    return
  }
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return
  for (const key of Object.keys(value)) {
    const inner = (value as JsonObject)[key]
    if (inner === undefined || (!isInside && IMPERSONAL.has(key))) continue
    collectPersonal(inner, isInside || isPersonal(key), depth + 1, found)
  }
}

// Payloads have the same keys again and again. A sender may make up any number of others: those are looked at each time.
const MOST_KNOWN = 10_000
const LONGEST_KNOWN = 64
const known = new Map<string, boolean>()

function isPersonal(key: string): boolean {
  const before = known.get(key)
  if (before !== undefined) return before
  const folded = key.replace(/[\s_-]/g, '').toLowerCase()
  const personal = PERSONAL.has(folded) || PERSONAL_ENDING.test(folded)
  if (known.size < MOST_KNOWN && key.length <= LONGEST_KNOWN) known.set(key, personal)
  return personal
}

function mask(value: Json, depth: number): Json {
  if (typeof value === 'string') return maskWhole(value)
  if (typeof value === 'number') return maskText(String(value))
  if (typeof value === 'object' && value !== null && depth === MAX_DEPTH) return '…'
  if (Array.isArray(value)) return value.map((item) => mask(item, depth + 1))
  if (!isJsonObject(value)) return value
  return mapValues(value, (inner) => mask(inner ?? null, depth + 1))
}

/** One personal value: `j•••@•••.com`, `J•••`, `+49•••`. */
export function maskWhole(text: string): string {
  return WHOLE_ADDRESS.test(text) ? maskEmail(text.trim()) : maskText(text)
}

function maskText(text: string): string {
  return text === '' ? '' : `${text.slice(0, /^\+\d\d/.test(text) ? 3 : 1)}•••`
}

function maskEmail(address: string): string {
  return `${address.slice(0, 1)}•••@•••${address.slice(address.lastIndexOf('.'))}`
}
