// A real server for a Hono app.
import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Listening } from './workspace-options.ts'

/** Resolves when the server accepts connections; rejects when the port is taken. */
export function listen(app: Hono, port: number, host = '127.0.0.1'): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: host }, (address) => {
      resolve({ url: `http://${host}:${address.port}`, close: () => close(server) })
    }) as Server
    server.once('error', reject)
  })
}

// Kept-alive connections of browsers and libraries would hold the server open for minutes.
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
