// Meta's browser id and click id (`fbp`, `fbc`): their form, and an fbc made from the fbclid of the landing page.
// "Managing fbc and fbp parameters",
// https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/fbp-and-fbc

// version.subdomainIndex.creationTime.value; the time is in milliseconds, and seconds, a common fault, have ten digits.
// Meta's parameter builder appends one more part.
const FBP = /^fb\.\d\.(\d{13})\.\d{1,20}(?:\.[\w-]{2,16})?$/
const FBC = /^fb\.\d\.(\d{13})\.([\w-]{4,500})(?:\.[\w-]{2,16})?$/
const FBCLID = /^[\w-]{4,500}$/

export const isFbp = (value: unknown): value is string =>
  typeof value === 'string' && FBP.test(value)

export const isFbc = (value: unknown): value is string =>
  typeof value === 'string' && FBC.test(value)

/**
 * `fb.1.<ms>.<fbclid>`: 1 is the subdomain index of a value made on a server, and the event's time stands for the time the
 * click was first seen. The fbclid is taken as it is: it is case-sensitive. Null when either is missing or malformed.
 */
export function fbcFromFbclid(fbclid: unknown, occurredAt: string | null): string | null {
  if (typeof fbclid !== 'string' || !FBCLID.test(fbclid) || occurredAt === null) return null
  const ms = Date.parse(occurredAt)
  const time = String(ms)
  return time.length === 13 && ms > 0 ? `fb.1.${time}.${fbclid}` : null
}

export interface MetaBrowserIds {
  readonly fbp?: string
  readonly fbc?: string
}

/**
 * What may be sent of an event's click ids. An fbclid in the address that the cookie does not hold is the newer click and
 * wins, as the page asks of whoever stores the cookie.
 */
export function metaBrowserIds(
  clickIds: Readonly<Record<string, string>> | undefined,
  occurredAt: string | null,
): MetaBrowserIds {
  const { fbp, fbc, fbclid } = clickIds ?? {}
  const held = isFbc(fbc) ? fbc : undefined
  const isNewer = held === undefined || (fbclid !== undefined && FBC.exec(held)?.[2] !== fbclid)
  const click = (isNewer ? fbcFromFbclid(fbclid, occurredAt) : null) ?? held
  return {
    ...(isFbp(fbp) ? { fbp } : {}),
    ...(click === undefined ? {} : { fbc: click }),
  }
}
