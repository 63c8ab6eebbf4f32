// Serves an app on a port, over TLS when it is given a certificate.
import type { Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { serve } from '@hono/node-server'
import { TrackLayerError } from '../core/errors.ts'
import type { TlsIdentity } from './tls/local-authority.ts'

export interface ListenAddress {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** HTTPS with this certificate; HTTP without. */
  readonly tls?: TlsIdentity
}

export interface HttpServer {
  readonly url: string
  /** New connections get this certificate; those that stand go on with theirs. */
  replaceTls(identity: TlsIdentity): void
  /** Answers what is under way and takes no more. */
  close(): Promise<void>
}

type Fetch = Parameters<typeof serve>[0]['fetch']

/** @throws TrackLayerError SETTINGS_INVALID when the port is taken */
export function startHttpServer(
  fetch: Fetch,
  { host, port, tls }: ListenAddress,
): Promise<HttpServer> {
  return new Promise((resolve, reject) => {
    const secure = tls && { createServer: createTlsServer, serverOptions: { ...tls, ...TLS } }
    const server = serve({ fetch, hostname: host, port, ...secure }, ({ port: taken }) => {
      const name = host.includes(':') ? `[${host}]` : host
      resolve({
        url: `${tls ? 'https' : 'http'}://${name}:${taken}`,
        replaceTls: (identity) => (server as TlsServer).setSecureContext({ ...identity, ...TLS }),
        close: () => close(server as Server),
      })
    }) as Server
    server.once('error', (error: NodeJS.ErrnoException) => reject(portFault(error, port)))
  })
}

const TLS = { minVersion: 'TLSv1.2' } as const

// Requests under way are answered; a kept-alive connection is closed as soon as it is idle, or it would hold the server
// open until its client tires of it.
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => server.closeIdleConnections(), 50)
    server.close(() => {
      clearInterval(timer)
      resolve()
    })
  })
}

function portFault(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error
  return new TrackLayerError(
    'SETTINGS_INVALID',
    `Port ${port} is taken; choose another with --port`,
  )
}
