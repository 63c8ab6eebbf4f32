// A database that goes away and comes back: a socket between the client and PostgreSQL that a test can cut.
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type pg from 'pg'

export interface DatabaseOutage {
  /** Leads to the same database, through the socket. */
  readonly connection: pg.ClientConfig
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>
  mend(): Promise<void>
  close(): Promise<void>
}

export async function createOutage(real: pg.ClientConfig): Promise<DatabaseOutage> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tl-outage-'))
  const name = `.s.PGSQL.${real.port}`
  const open = new Set<net.Socket>()
  let server: net.Server | undefined

  function mend(): Promise<void> {
    const listening = net.createServer((client) => {
      const database = net.connect(path.join(String(real.host), name))
      for (const socket of [client, database]) {
        open.add(socket)
        // A cut connection is the very thing tested.
        socket.on('error', () => {})
        socket.on('close', () => {
          open.delete(socket)
          client.destroy()
          database.destroy()
        })
      }
      client.pipe(database)
      database.pipe(client)
    })
    server = listening
    return new Promise((resolve) => listening.listen(path.join(folder, name), resolve))
  }

  function cut(): Promise<void> {
    return new Promise((resolve) => {
      if (!server?.listening) return resolve()
      server.close(() => resolve())
      for (const socket of open) socket.destroy()
    })
  }

  await mend()
  return {
    connection: { ...real, host: folder },
    cut,
    mend,
    async close() {
      await cut()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
