// As much of DER (ITU-T X.690) as an X.509 certificate needs. Node reads certificates and makes none, and a package for
// one page of encoding is a package to keep up to date.

/** A value with its tag and length. @param tag the identifier octet, e.g. 0x30 for a SEQUENCE */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return der(0x30, ...contents)
}

export function set(...contents: readonly Uint8Array[]): Buffer {
  return der(0x31, ...contents)
}

/** Unsigned, big-endian: a first byte from 0x80 gets a zero before it, or it would be negative. */
export function integer(bytes: Uint8Array): Buffer {
  const isHigh = (bytes[0] ?? 0) >= 0x80
  return der(0x02, isHigh ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

export function boolean(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0]))
}

export function utf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text, 'utf8'))
}

export function octets(content: Uint8Array): Buffer {
  return der(0x04, content)
}

/** A BIT STRING; `unused` bits at its end do not count. */
export function bits(content: Uint8Array, unused = 0): Buffer {
  return der(0x03, Buffer.from([unused]), content)
}

/** An instant, to the second. RFC 5280, 4.1.2.5: through 2049 as UTCTime with two digits for the year, then GeneralizedTime. */
export function time(atMs: number): Buffer {
  const isBefore2050 = atMs < Date.UTC(2050, 0, 1)
  const digits = new Date(atMs).toISOString().replace(/[-:T]|\.\d+/g, '')
  return isBefore2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits))
}

/** An object identifier from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80)
  return digits
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const digits: number[] = []
  for (let left = length; left > 0; left >>>= 8) digits.unshift(left & 0xff)
  return Buffer.from([0x80 | digits.length, ...digits])
}
