// Settings of whatever sends to the store from inside Segment, checked at every call: hosts share module state between
// instances.
import { TrackLayerError } from './errors.ts'

export interface StoreSettings {
  /** Address of the store without a slash at its end, e.g. `https://tracklayer.example.com`. */
  readonly storeUrl: string
  readonly account: string
  readonly environment: string
  readonly secret: string
  /** Track event names that may leave Segment; null lets every one through. */
  readonly allowlist: ReadonlySet<string> | null
}

/**
 * Hosts hand settings over as they are, and may have none (segment.md 1.3).
 * @param owner whose settings these are, for the message
 * @throws TrackLayerError SETTINGS_INVALID for a setting that is missing or wrong
 */
export function readStoreSettings(
  settings: Readonly<Record<string, unknown>> | null | undefined,
  owner: 'function' | 'destination',
): StoreSettings {
  const text = (name: string) => {
    const value = settings?.[name]
    if (typeof value === 'string' && value.trim()) return value.trim()
    const message = `Setting "${name}" is empty; fill it in the ${owner}'s settings`
    throw new TrackLayerError('SETTINGS_INVALID', message)
  }
  return {
    storeUrl: addressOf(text('storeUrl')),
    account: text('account'),
    environment: text('environment'),
    secret: text('secret'),
    allowlist: allowlistOf(settings?.allowlist),
  }
}

// Blank lines of an editor's form are no names: taken for some, they would keep every event inside.
function allowlistOf(value: unknown): ReadonlySet<string> | null {
  const names = Array.isArray(value) ? value.map(String).filter((name) => name.trim()) : []
  return names.length > 0 ? new Set(names) : null
}

// Plain http only to this machine, for local development: everywhere else the batch carries personal data. No user, key
// or query in it: what a host's fetch throws repeats the address.
const STORE_URL =
  /^(https:\/\/[^/\s@?#\\]+|http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?)(\/[^\s?#]*)?$/i

function addressOf(storeUrl: string): string {
  const base = storeUrl.replace(/\/+$/, '')
  if (STORE_URL.test(base)) return base
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    'Setting "storeUrl" must be an https:// address, e.g. https://tracklayer.example.com',
  )
}
