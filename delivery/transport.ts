// Outgoing HTTP with its guards: no private addresses unless allowed, no redirects, a bounded answer and one deadline.
import { lookup as resolve } from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { TrackLayerError } from '../core/errors.ts'

export interface OutgoingRequest {
  /** Default POST. */
  readonly method?: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly timeoutMs: number
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** At most the first 512 KB. */
  readonly body: string
  /** There was more of it. */
  readonly isCut?: boolean
}

/**
 * Posts and resolves with whatever was answered.
 * @throws TrackLayerError UNAVAILABLE, TIMED_OUT, or SETTINGS_INVALID for an address that must not be reached
 */
export type Transport = (request: OutgoingRequest) => Promise<Answer>

export interface TransportOptions {
  /** Reach loopback, private and link-local addresses too: for local development. */
  readonly allowPrivateAddresses: boolean
}

export interface ClosableTransport {
  readonly send: Transport
  close(): void
}

const MAX_ANSWER_BYTES = 512 * 1024

export function createTransport({ allowPrivateAddresses }: TransportOptions): ClosableTransport {
  // The address is checked where it is used, at the connection: a name that resolves anew cannot slip past.
  const lookup = allowPrivateAddresses ? undefined : guardedLookup
  const pool = { keepAlive: true, maxSockets: 256, ...(lookup ? { lookup } : {}) }
  const agents = { 'http:': new http.Agent(pool), 'https:': new https.Agent(pool) }
  return {
    send: (request) => {
      const url = new URL(request.url)
      const literal = url.hostname.replace(/^\[|\]$/g, '')
      if (!allowPrivateAddresses && isIP(literal) && isPrivate(literal)) {
        return Promise.reject(privateAddress(url.hostname))
      }
      return post(url, request, agents)
    },
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

type Agents = { readonly 'http:': http.Agent; readonly 'https:': https.Agent }

function post(
  url: URL,
  { method = 'POST', headers, body, timeoutMs }: OutgoingRequest,
  agents: Agents,
): Promise<Answer> {
  const [client, agent] =
    url.protocol === 'https:' ? [https, agents['https:']] : [http, agents['http:']]
  return new Promise((resolvePost, reject) => {
    let isAnswered = false
    const request = client.request(
      url,
      { method, agent, headers: { ...headers, 'Content-Length': Buffer.byteLength(body) } },
      (response) => {
        isAnswered = true
        collect(response).then(resolvePost, fail)
      },
    )
    const deadline = setTimeout(() => {
      request.destroy(new TrackLayerError('TIMED_OUT', `no answer within ${timeoutMs} ms`))
    }, timeoutMs)
    function fail(error: unknown) {
      reject(error instanceof TrackLayerError ? error : unavailable(error))
    }
    request.on('error', fail)
    request.on('close', () => {
      clearTimeout(deadline)
      // A change of protocol (101) ends a request with neither an answer nor an error.
      if (!isAnswered) fail(new Error('the connection ended without an answer'))
    })
    // As text: head and body then leave in one write.
    request.end(body)
  })
}

async function collect(response: http.IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response) {
    if (length < MAX_ANSWER_BYTES) chunks.push(chunk)
    length += chunk.length
    // Enough to know what happened; a receiver that never stops talking loses its connection.
    if (length > 4 * MAX_ANSWER_BYTES) break
  }
  const body = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8')
  const { statusCode: status = 0, headers } = response
  return { status, headers, body, ...(length > MAX_ANSWER_BYTES ? { isCut: true } : {}) }
}

function unavailable(error: unknown): TrackLayerError {
  const { code, message } = error as NodeJS.ErrnoException
  return new TrackLayerError('UNAVAILABLE', code ? `${code}: ${message}` : message, {
    cause: error,
  })
}

const guardedLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, [])
    const refused = addresses.find(({ address }) => isPrivate(address))
    if (refused) return callback(privateAddress(hostname), [])
    const [first] = addresses
    if (options.all || !first) return callback(null, addresses)
    return callback(null, first.address, first.family)
  })
}

function privateAddress(host: string): TrackLayerError {
  return new TrackLayerError(
    'SETTINGS_INVALID',
    `${host} is a private address; allow it with TRACKLAYER_ALLOW_PRIVATE_ADDRESSES=true if that is meant`,
  )
}

// IANA special-purpose registries. IPv4: this host, private, shared, loopback, link-local, documentation, relays,
// benchmarks, multicast, reserved. IPv6: all but global unicast (2000::/3), and of that the protocol assignments (Teredo
// among them), documentation, and 6to4, which wraps an IPv4 address.
const PRIVATE = {
  ipv4: blockListOf('ipv4', [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/4',
    '240.0.0.0/4',
  ]),
  ipv6: blockListOf('ipv6', [
    '::/3',
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
    '3fff::/20',
    '4000::/2',
    '8000::/1',
  ]),
}

// One list a family: a shared one would take every IPv4 address for the IPv6 address that maps it.
function blockListOf(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/')
    list.addSubnet(network, Number(prefix), family)
  }
  return list
}

/** True for an address that is not on the public Internet; an IPv4 address in IPv6 clothes counts as itself. */
export function isPrivate(address: string): boolean {
  const bare = unmapped(address)
  const family = isIP(bare) === 6 ? 'ipv6' : 'ipv4'
  return PRIVATE[family].check(bare, family)
}

// `::ffff:10.0.0.1`, or as URL writes it `::ffff:a00:1`.
function unmapped(address: string): string {
  const [, dotted, high, low] =
    /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([\da-f]{1,4}):([\da-f]{1,4}))$/i.exec(address) ?? []
  if (dotted) return dotted
  if (!high || !low) return address
  const words = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return words.flatMap((word) => [word >> 8, word & 255]).join('.')
}
