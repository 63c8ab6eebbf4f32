// Asks a server whether it answers, by connecting: the only proof that counts.
import pg from 'pg'
import { MAINTENANCE_DATABASE, PORT, USER } from './settings.ts'

export type Answer =
  | { readonly kind: 'ready'; readonly client: pg.Client }
  /** It replays WAL; that may take as long as it wants. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'stopping' }
  /** It answers, and refuses us. */
  | { readonly kind: 'refused'; readonly error: Error }
  | { readonly kind: 'silent'; readonly error: Error }

// A living server answers in a millisecond; one that is stopped accepts the connection and says nothing.
const CONNECT_TIMEOUT_MS = 2_000

/** Connects to the server whose socket is in `socketDir`; the caller closes the client of a ready one. */
export async function probeServer(
  socketDir: string,
  timeoutMs = CONNECT_TIMEOUT_MS,
): Promise<Answer> {
  const client = new pg.Client({
    host: socketDir,
    port: PORT,
    user: USER,
    database: MAINTENANCE_DATABASE,
    application_name: 'tracklayer supervisor',
    connectionTimeoutMillis: timeoutMs,
  })
  // pg also emits what it rejects with; the rejection is the one that is read.
  client.on('error', () => {})
  try {
    await client.connect()
    return { kind: 'ready', client }
  } catch (error) {
    return interpret(error as Error & { code?: string })
  }
}

// 57P03 cannot_connect_now covers both directions; a SQLSTATE has five characters, a system error begins with E.
function interpret(error: Error & { code?: string }): Answer {
  if (error.code === '57P03') {
    return { kind: error.message.includes('shutting down') ? 'stopping' : 'starting' }
  }
  const isFromServer = /^[0-9A-Z]{5}$/.test(error.code ?? '') && 'severity' in error
  return { kind: isFromServer ? 'refused' : 'silent', error }
}
