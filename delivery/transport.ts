// Outgoing HTTP with its guards: no private addresses unless allowed, no redirects, a bounded answer and one deadline.
import { lookup as resolve } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
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
  const connect = allowPrivateAddresses ? {} : { connect: { lookup: guardedLookup } }
  // The deadline is a request's own; the agent's would cut a longer one short.
  const agent = new Agent({ connections: 256, headersTimeout: 0, bodyTimeout: 0, ...connect })
  return {
    send: (request) => {
      const url = new URL(request.url)
      const literal = url.hostname.replace(/^\[|\]$/g, '')
      if (!allowPrivateAddresses && isIP(literal) && isPrivate(literal)) {
        return Promise.reject(privateAddress(url.hostname))
      }
      return post(agent, url, request)
    },
    close: () => void agent.destroy(),
  }
}

// Of the connection, not of the request: they are the agent's to set.
const OF_CONNECTION = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

// By `dispatch`, which spares the streams that nobody reads here: half the processor time of node:http (bench/deliveries).
function post(
  agent: Agent,
  url: URL,
  { method = 'POST', headers, body, timeoutMs }: OutgoingRequest,
): Promise<Answer> {
  return new Promise((resolvePost, reject) => {
    const collected = createCollector()
    let controller: Dispatcher.DispatchController | null = null
    let isOver = false
    const end = (finish: () => void) => {
      clearTimeout(deadline)
      isOver = true
      finish()
    }
    const fail = (error: unknown) =>
      end(() => reject(error instanceof TrackLayerError ? error : unavailable(error)))
    const deadline = setTimeout(() => {
      const late = new TrackLayerError('TIMED_OUT', `no answer within ${timeoutMs} ms`)
      controller?.abort(late)
      fail(late)
    }, timeoutMs)
    agent.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: method as Dispatcher.HttpMethod,
        headers: Object.entries({ ...credentialsIn(url), ...headers })
          .filter(([name]) => !OF_CONNECTION.has(name.toLowerCase()))
          .flat(),
        body: body === '' ? null : body,
      },
      {
        onRequestStart(started) {
          controller = started
          // Its deadline passed while it waited for a connection.
          if (isOver) started.abort(new Error('too late'))
        },
        onResponseStart(_, status, answered) {
          if (status >= 200) collected.begin(status, answered)
        },
        onResponseData(started, chunk) {
          // Enough to know what happened; a receiver that never stops talking loses its connection.
          if (collected.add(chunk)) return
          end(() => resolvePost(collected.answer()))
          started.abort(new Error('too long'))
        },
        onResponseEnd: () => end(() => resolvePost(collected.answer())),
        onResponseError: (_, error) => fail(error),
      },
    )
  })
}

function credentialsIn({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}

function createCollector() {
  const chunks: Buffer[] = []
  let length = 0
  let status = 0
  let headers: Answer['headers'] = {}
  return {
    begin(answered: number, given: Answer['headers']): void {
      status = answered
      headers = given
    },
    /** False once it is far too long. */
    add(chunk: Buffer): boolean {
      if (length < MAX_ANSWER_BYTES) chunks.push(chunk)
      length += chunk.length
      return length <= 4 * MAX_ANSWER_BYTES
    },
    answer(): Answer {
      const body = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8')
      return { status, headers, body, ...(length > MAX_ANSWER_BYTES ? { isCut: true } : {}) }
    },
  }
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
