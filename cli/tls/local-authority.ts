// A certificate authority for this machine and this run: `tracklayer dev` and the tests use HTTPS as production does, with
// nothing installed and no check switched off. Its key is never written anywhere.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { bits, boolean, der, integer, octets, oid, sequence, set, time, utf8 } from './der.ts'

/** What a server shows and signs with, as PEM. */
export interface TlsIdentity {
  readonly cert: string
  readonly key: string
}

export interface LocalAuthority {
  /** PEM: what a client trusts instead of the public roots. */
  readonly certificate: string
  /** @param names DNS names and IP addresses; @param days from now, negative for one that has run out */
  issue(names: readonly string[], days?: number): TlsIdentity
}

const DAY_MS = 86_400_000
const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))
// KeyUsage bits: keyCertSign and cRLSign; digitalSignature (RFC 5280, 4.2.1.3).
const SIGNS_CERTIFICATES = bits(Buffer.from([0b0000_0110]), 1)
const SIGNS_HANDSHAKES = bits(Buffer.from([0b1000_0000]), 7)

export function createLocalAuthority(nowMs: number): LocalAuthority {
  const keys = newKeys()
  const issuer = nameOf('TrackLayer local authority')
  const certificate = certify({
    issuer,
    subject: issuer,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    fromMs: nowMs - DAY_MS,
    untilMs: nowMs + 365 * DAY_MS,
    extensions: [
      extension('2.5.29.19', sequence(boolean(true)), true),
      extension('2.5.29.15', SIGNS_CERTIFICATES, true),
    ],
  })
  return {
    certificate,
    issue(names, days = 30) {
      const own = newKeys()
      const cert = certify({
        issuer,
        subject: nameOf(names[0] ?? 'localhost'),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        fromMs: nowMs + Math.min(0, days - 1) * DAY_MS - DAY_MS,
        untilMs: nowMs + days * DAY_MS,
        extensions: [
          extension('2.5.29.19', sequence(), true),
          extension('2.5.29.15', SIGNS_HANDSHAKES, true),
          extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
          extension('2.5.29.17', sequence(...names.map(alternativeName))),
        ],
      })
      const key = own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
      return { cert: cert + certificate, key }
    },
  }
}

interface Contents {
  readonly issuer: Buffer
  readonly subject: Buffer
  readonly publicKey: KeyObject
  readonly signingKey: KeyObject
  readonly fromMs: number
  readonly untilMs: number
  readonly extensions: readonly Buffer[]
}

// TBSCertificate of version 3 and its signature (RFC 5280, 4.1).
function certify(contents: Contents): string {
  const { issuer, subject, publicKey, signingKey, fromMs, untilMs, extensions } = contents
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  const certificate = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    issuer,
    sequence(time(fromMs), time(untilMs)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const signature = bits(sign('sha256', certificate, signingKey))
  return pem(sequence(certificate, ECDSA_WITH_SHA256, signature))
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))))
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value))
}

// GeneralName: [2] is a DNS name, [7] the bytes of an address (RFC 5280, 4.2.1.6).
function alternativeName(name: string): Buffer {
  if (isIP(name) === 4) return der(0x87, Buffer.from(name.split('.').map(Number)))
  if (name === '::1') return der(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])]))
  return der(0x82, Buffer.from(name))
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
