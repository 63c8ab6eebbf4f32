// Tells a running store that its server died. An open connection ends the moment the server does, ours or adopted.
import type pg from 'pg'
import { type Clock, sleep } from '../../core/clock.ts'
import { probeServer } from './probe.ts'
import { isAlive } from './processes.ts'
import type { RunningServer } from './server.ts'

const POLL_MS = 50
const GOODBYE_MS = 1_000

export interface ServerWatch {
  /** Resolves when the server is dead; never after `close`. */
  readonly died: Promise<void>
  close(): Promise<void>
}

export function watchServer(server: RunningServer, clock: Clock): ServerWatch {
  const closing = new AbortController()
  let client = server.client
  const died = (async () => {
    for (;;) {
      await connectionEnd(client)
      // After a crash of one backend the server ends every connection and goes on.
      const next = await reconnect(server, clock, closing.signal)
      if (next === 'gone') return
      client = next
    }
  })()
  return {
    died,
    async close() {
      closing.abort()
      setRef(client, true)
      // A server that hangs never says goodbye; it is stopped by other means.
      const patience = new AbortController()
      await Promise.race([client.end(), sleep(clock, GOODBYE_MS, patience.signal)])
      patience.abort()
      setRef(client, false)
    },
  }
}

// The watch alone keeps no process from ending.
function connectionEnd(client: pg.Client): Promise<void> {
  setRef(client, false)
  return new Promise((resolve) => client.once('end', () => resolve()))
}

async function reconnect(
  server: RunningServer,
  clock: Clock,
  closing: AbortSignal,
): Promise<pg.Client | 'gone'> {
  for (;;) {
    if (closing.aborted) return new Promise(() => {})
    if (!(await isAlive(server.process))) return 'gone'
    const answer = await probeServer(server.socketDir)
    if (answer.kind === 'ready') {
      if (!closing.aborted) return answer.client
      await answer.client.end()
    }
    await sleep(clock, POLL_MS, closing)
  }
}

// pg has both methods, its types have neither.
function setRef(client: pg.Client, isKeepingAlive: boolean): void {
  const socket = client as pg.Client & { ref(): void; unref(): void }
  if (isKeepingAlive) socket.ref()
  else socket.unref()
}
