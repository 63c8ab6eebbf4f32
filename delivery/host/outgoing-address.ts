// Checks on what a definition is about to send, before it leaves.
import { TrackLayerError } from '../../core/errors.ts'

interface Outgoing {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * A template with a setting that is not there says "undefined": such a request proves nothing but that, and may land
 * anywhere.
 * @throws TrackLayerError naming the place, never the value: AUTH_REJECTED for a header or form, which settings fill;
 * MESSAGE_INVALID for the address, which the event may fill
 */
export function assertNothingMissing({ url, headers, body }: Outgoing): void {
  const header = Object.keys(headers).find((name) => MISSING_WORD.test(headers[name] ?? ''))
  if (header) throw missing(`header "${header}"`)
  if (!URL.canParse(url)) throw new TrackLayerError('MESSAGE_INVALID', 'the address is none')
  const { hostname, pathname, searchParams } = new URL(url)
  if ([...hostname.split('.'), ...pathname.split('/')].includes('undefined')) throw gap('path')
  const parameter = [...searchParams.keys()].find((name) => searchParams.get(name) === 'undefined')
  if (parameter !== undefined) throw gap(`parameter "${parameter}"`)
  const form = /^(?:[^{[&]*&)?([^&={[]*)=undefined(?:&|$)/.exec(body)
  if (form) throw missing(`field "${form[1]}" of the form`)
}

// "Bearer undefined", "Klaviyo-API-Key undefined", "undefined"; not a word in the middle of a sentence.
const MISSING_WORD = /(?:^|\s)(?:undefined|null|\[object Object\])$/

function missing(place: string): TrackLayerError {
  return new TrackLayerError(
    'AUTH_REJECTED',
    `nothing was sent: the ${place} has no value; a setting that the definition builds it from is missing`,
  )
}

function gap(place: string): TrackLayerError {
  return new TrackLayerError(
    'MESSAGE_INVALID',
    `nothing was sent: the ${place} of the address has no value; map it, or give the setting it is built from`,
  )
}

/** The address with its origin replaced where the destination's file says so. */
export function readdressed(
  url: string,
  addresses: Readonly<Record<string, string>> | undefined,
): string {
  if (!addresses) return url
  const { origin, pathname, search } = new URL(url)
  const other = addresses[origin]
  return other === undefined ? url : other.replace(/\/$/, '') + pathname + search
}
