// The store's side: reachable over HTTPS as Segment reaches it, its clock, its signature.
import tls from 'node:tls'
import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { secretFingerprint } from '../../core/secret-fingerprint.ts'
import { type HttpAnswer, jsonOf, request } from '../http-request.ts'
import { ping } from '../segment/ping.ts'
import { type Finding, failed, ok, warning } from './check.ts'

export interface StoreSide {
  readonly clock: Clock
  readonly storeUrl: string
  readonly account: string
  readonly environment: string
  /** Newest first. */
  readonly liveSecrets: readonly string[]
  /** Version of the mapping table in dist/. */
  readonly mappingVersion: string
  readonly ca?: string | undefined
}

const DAY_MS = 86_400_000
/** Renewals come 30 days before the end (Let's Encrypt); two weeks before it, something is stuck. */
const EXPIRES_SOON_MS = 14 * DAY_MS
const SKEW_WARNING_MS = 30_000
/** Design 3.4. */
const TOLERANCE_MS = 300_000

export async function checkStore(side: StoreSide): Promise<Finding[]> {
  const certificate = await checkCertificate(side)
  const reached = await readiness(side)
  if ('check' in reached) return [certificate, reached]
  return [
    certificate,
    checkReady(reached, side),
    checkClock(reached, side),
    ...(await checkSignatures(side)),
  ]
}

function checkCertificate({ storeUrl, ca, clock }: StoreSide): Promise<Finding> {
  const { hostname, port } = new URL(storeUrl)
  const check = 'certificate'
  return new Promise((resolve) => {
    const socket = tls.connect({
      host: hostname,
      port: Number(port || 443),
      ...(isAddress(hostname) ? {} : { servername: hostname }),
      // Judged here, and nothing is sent: what is wrong with it is to be said.
      rejectUnauthorized: false,
      ca,
    })
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 s')))
    socket.once('error', (error) => {
      const fix = 'Segment takes HTTPS only: store serve --tls-cert --tls-key, or a proxy before it'
      resolve(failed(check, `no TLS at ${hostname}: ${messageOf(error)}`, fix))
    })
    socket.once('secureConnect', () => {
      resolve(judge(socket, clock.now(), check))
      socket.destroy()
    })
  })
}

function isAddress(hostname: string): boolean {
  return /^[\d.]+$|:/.test(hostname)
}

const WHOLE_CHAIN = 'Give the whole chain (fullchain.pem), not the certificate alone'
const FIXES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'Renew it; store serve reads the files again by itself',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Get one for the name in store_url',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: WHOLE_CHAIN,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: WHOLE_CHAIN,
}
const PUBLIC_ONLY = 'Segment trusts public authorities only; to look with an own one: --ca'

function judge(socket: tls.TLSSocket, nowMs: number, check: string): Finding {
  const certificate = socket.getPeerCertificate()
  const leftMs = Date.parse(certificate.valid_to) - nowMs
  const days = Math.floor(leftMs / DAY_MS)
  if (leftMs < 0) return failed(check, `ran out ${-days} day(s) ago`, FIXES.CERT_HAS_EXPIRED ?? '')
  if (!socket.authorized) {
    const error = socket.authorizationError as unknown as { code?: string } | string | undefined
    const code = typeof error === 'object' ? String(error.code) : String(error)
    return failed(check, `is not trusted: ${code}`, FIXES[code] ?? PUBLIC_ONLY)
  }
  const words = `by ${[certificate.issuer.CN].flat()[0] ?? 'unknown'}, ${days} day(s) left`
  if (leftMs > EXPIRES_SOON_MS) return ok(check, words)
  return warning(check, words, 'Renew it now: is the renewal stuck?')
}

async function readiness({ storeUrl, ca }: StoreSide): Promise<HttpAnswer | Finding> {
  try {
    return await request(`${storeUrl}/readyz`, { method: 'GET', ca })
  } catch (error) {
    const fix = 'Is it running? See its log, and store_url in deploy.yaml'
    return failed('store', messageOf(error), fix)
  }
}

function checkReady(answer: HttpAnswer, { mappingVersion }: StoreSide): Finding {
  const body = jsonOf(answer)
  if (answer.status === 503) {
    return failed('store', 'its database does not answer', 'See the log of the store')
  }
  if (answer.status !== 200 || body?.status !== 'ready') {
    const fix = 'Another site answers at store_url, or a proxy with a path too much'
    return failed('store', `answered ${answer.status}, and not as a store does`, fix)
  }
  const runs = String(body.mapping_version)
  if (runs === mappingVersion) return ok('store', `ready, mappings ${mappingVersion}`)
  const fix = 'Restart the store with the build that is deployed'
  return warning('store', `runs mappings ${runs}, built are ${mappingVersion}`, fix)
}

function checkClock({ headers }: HttpAnswer, { clock }: StoreSide): Finding {
  const theirs = Date.parse(headers.date ?? '')
  if (!Number.isFinite(theirs)) {
    const fix = 'Let the proxy pass the Date header through'
    return warning('clock', 'the answer has no Date', fix)
  }
  // The header has whole seconds.
  const skewMs = Math.max(0, Math.abs(theirs - clock.now()) - 1000)
  const words = `${Math.round(skewMs / 1000)} s from this machine`
  const fix = "Set both clocks by NTP: signatures are taken within five minutes of the store's"
  if (skewMs > TOLERANCE_MS) return failed('clock', words, fix)
  return skewMs > SKEW_WARNING_MS ? warning('clock', words, fix) : ok('clock', words)
}

async function checkSignatures(side: StoreSide): Promise<Finding[]> {
  if (side.liveSecrets.length === 0) {
    const name = `TRACKLAYER_SECRET_${side.environment.toUpperCase().replaceAll('-', '_')}`
    return [failed('signature', 'no secret to sign with', `Set ${name} as the store has it`)]
  }
  return Promise.all(side.liveSecrets.map((secret) => checkSignature(side, secret)))
}

async function checkSignature(side: StoreSide, secret: string): Promise<Finding> {
  const check = `signature ${secretFingerprint(secret)}`
  const { isAccepted, status, reason } = await ping({ ...side, secret, nowMs: side.clock.now() })
  if (isAccepted) return ok(check, 'an empty batch was answered with { results: [] }')
  const fix =
    status === 401
      ? 'Compare account, environment and secret with those of the store; its log says which check failed'
      : 'See the log of the store'
  return failed(check, `the store answered ${status}${reason && `: ${reason}`}`, fix)
}
