// What a policy does to personal data. Every action is deterministic, and done twice it gives what it gave once: the
// insert function and the destination function may both meet a message.
import { createHmac } from 'node:crypto'
import { hexDigestOf, sha256Hex } from '../identity-fields/digest.ts'
import { isJsonObject, type Json } from '../json.ts'
import { maskWhole } from '../redact.ts'

/** One text to another; `key` is the secret of the function's settings, empty where no action needs it. */
export type PiiAction = (text: string, key: string) => string

const digestOr = (digest: PiiAction) => (text: string, key: string) =>
  text === '' ? '' : (hexDigestOf(text) ?? digest(text, key))

/** SHA-256 in lower-case hex, as ad platforms take it. What is a digest already stays. */
export const hash = digestOr(sha256Hex)

/** HMAC-SHA256 in lower-case hex: nobody without the key can find the value by trying. */
export const hmac = digestOr((text, key) => createHmac('sha256', key).update(text).digest('hex'))

const TOKEN = /^tok_[0-9a-f]{32}$/

/** `tok_` and half of an HMAC: a name for the value that no platform matches on. */
export const tokenise: PiiAction = (text, key) =>
  text === '' || TOKEN.test(text)
    ? text
    : `tok_${createHmac('sha256', key).update(`token\n${text}`).digest('hex').slice(0, 32)}`

const IPV4 = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/
const IPV6 = /^(?=.*::|(.*:){7})[\da-f]{0,4}:[\da-f:.]+$/i

/** `j•••@•••.com`, `J•••`; of an address of the network the part that names a machine is taken off. */
export const mask: PiiAction = (text) => {
  const v4 = IPV4.exec(text)
  if (v4) return `${v4[1]}.0`
  if (IPV6.test(text)) return maskIpv6(text)
  return maskWhole(text)
}

// The first 48 bits name a site.
function maskIpv6(text: string): string {
  const [head = ''] = text.split('::')
  const groups = head.split(':').filter((group) => group !== '')
  return `${groups.slice(0, 3).join(':')}::`
}

/** Before hashing: `lower` as platforms want addresses and names, `digits` as Meta wants telephone numbers. */
export const lower = (text: string): string => text.trim().toLowerCase()
export const digits = (text: string): string =>
  TOKEN.test(text) ? text : (hexDigestOf(text) ?? text.replace(/\D/g, '').replace(/^00/, ''))

const MAX_DEPTH = 100

/** The action on every text, number and truth value of `value`; null stays, and what lies deeper than 100 levels goes. */
export function onLeaves(value: Json, act: (text: string) => string, depth = 0): Json | undefined {
  if (value === null) return null
  if (typeof value !== 'object') return act(String(value))
  if (depth === MAX_DEPTH) return undefined
  if (Array.isArray(value)) return value.map((item) => onLeaves(item, act, depth + 1) ?? null)
  if (!isJsonObject(value)) return null
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      inner === undefined ? [] : [[key, onLeaves(inner, act, depth + 1)]],
    ),
  )
}
