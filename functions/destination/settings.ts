// Settings of the destination function, checked at every call: the host shares module state between instances.
import { host } from '../host.ts'

export interface DestinationSettings {
  /** `https://…/segment/events` */
  readonly endpoint: string
  readonly account: string
  readonly environment: string
  readonly secret: string
  /** Track event names that may leave Segment; null lets every one through. */
  readonly allowlist: ReadonlySet<string> | null
}

/**
 * The host hands settings over as they are, and may have none (segment.md 1.3).
 * @throws RetryError for a setting that is missing or wrong: a typing error must not lose what happens meanwhile.
 */
export function readSettings(
  settings: Readonly<Record<string, unknown>> | null | undefined,
): DestinationSettings {
  const text = (name: string) => {
    const value = settings?.[name]
    if (typeof value === 'string' && value.trim()) return value.trim()
    throw host.retry(`Setting "${name}" is empty; fill it in the function's settings`)
  }
  return {
    endpoint: endpointOf(text('storeUrl')),
    account: text('account'),
    environment: text('environment'),
    secret: text('secret'),
    allowlist: allowlistOf(settings?.allowlist),
  }
}

// Blank lines of the editor's form are no names: taken for some, they would keep every event inside.
function allowlistOf(value: unknown): ReadonlySet<string> | null {
  const names = Array.isArray(value) ? value.map(String).filter((name) => name.trim()) : []
  return names.length > 0 ? new Set(names) : null
}

// Plain http only to this machine, for local development: everywhere else the batch carries personal data. No user, key
// or query in it: what the host's fetch throws repeats the address.
const STORE_URL =
  /^(https:\/\/[^/\s@?#\\]+|http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?)(\/[^\s?#]*)?$/i

function endpointOf(storeUrl: string): string {
  const base = storeUrl.replace(/\/+$/, '')
  if (STORE_URL.test(base)) return `${base}/segment/events`
  throw host.retry(
    'Setting "storeUrl" must be an https:// address, e.g. https://tracklayer.example.com',
  )
}
