// Signing in: a link that works once, and sessions that end. Both are known by tokens of which only digests are stored.
import type { Pool } from 'pg'
import type { Role } from '../core/role.ts'
import { type Access, digest, isLiveKey, type Principal } from './access.ts'
import type { Database } from './database.ts'

/** A token for a person to carry; 256 bits in hex. */
export type NewToken = () => string

export const LINK_MS = 15 * 60 * 1000
export const SESSION_MS = 12 * 60 * 60 * 1000

type SessionDatabase = Pick<Database, 'pool' | 'clock'>

/** The token of a link that signs `principal` in once, within 15 minutes. */
export async function createSignInLink(
  { pool, clock }: SessionDatabase,
  { environment, role, actor }: Principal,
  newToken: NewToken,
): Promise<string> {
  const token = newToken()
  await pool.query(
    `insert into sign_in_links (token_digest, environment, role, actor, expires_at) values ($1, $2, $3, $4, $5)`,
    [digest(token), environment, role, actor, new Date(clock.now() + LINK_MS)],
  )
  return token
}

/** Whom the link signs in; it is used up by this. Null for one that is used, too old or unknown. */
export async function takeSignInLink(
  { pool, clock }: SessionDatabase,
  token: string,
): Promise<Principal | null> {
  const { rows } = await pool.query<Principal & { is_live: boolean }>(
    `delete from sign_in_links where token_digest = $1
     returning environment, role, actor, expires_at > $2 as is_live`,
    [digest(token), new Date(clock.now())],
  )
  const row = rows[0]
  if (!row?.is_live) return null
  const { environment, role, actor } = row
  return { environment, role, actor }
}

export interface NewSession {
  readonly token: string
  readonly expiresAt: Date
}

/** @param key the API key that was offered; its sessions end with it */
export async function createSession(
  { pool, clock }: SessionDatabase,
  { environment, role, actor }: Principal,
  key: string | null,
  newToken: NewToken,
): Promise<NewSession> {
  const token = newToken()
  const now = new Date(clock.now())
  const expiresAt = new Date(clock.now() + SESSION_MS)
  // What has ended goes whenever somebody signs in: there is never more of it than people.
  await pool.query('delete from sessions where expires_at <= $1', [now])
  await pool.query('delete from sign_in_links where expires_at <= $1', [now])
  await pool.query(
    `insert into sessions (token_digest, environment, role, actor, key_digest, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [digest(token), environment, role, actor, key && digest(key), now, expiresAt],
  )
  return { token, expiresAt }
}

interface SessionRow {
  environment: string
  role: Role
  actor: string
  key_digest: Buffer | null
}

/** Who holds the token, or null when the session has ended or its key was taken away. */
export async function findSession(
  { pool, clock }: SessionDatabase,
  access: Access,
  token: string,
): Promise<Principal | null> {
  const { rows } = await pool.query<SessionRow>({
    name: 'find-session',
    text: `select environment, role, actor, key_digest from sessions where token_digest = $1 and expires_at > $2`,
    values: [digest(token), new Date(clock.now())],
  })
  const row = rows[0]
  if (!row) return null
  const { environment, role, actor, key_digest } = row
  if (!access.environments.some(({ name }) => name === environment)) return null
  if (key_digest && !isLiveKey(access, environment, key_digest)) return null
  return { environment, role, actor }
}

export async function endSession(pool: Pool, token: string): Promise<void> {
  await pool.query('delete from sessions where token_digest = $1', [digest(token)])
}
