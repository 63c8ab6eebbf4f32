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
  if (key_digest && !isLiveKey(access, environment, key_digest, clock.now())) return null
  return { environment, role, actor }
}

export async function endSession(pool: Pool, token: string): Promise<void> {
  await pool.query('delete from sessions where token_digest = $1', [digest(token)])
}

/** Of one environment; more than these are no people. */
const MOST_LISTED = 200

export interface SessionStory {
  readonly id: string
  readonly actor: string
  readonly role: Role
  readonly created_at: string
  readonly expires_at: string
  /** How they signed in. */
  readonly by: 'API key' | 'link'
  /** Whether it is the one that asks. */
  readonly is_own: boolean
}

/** Who is signed in, the latest first. @param token of the one who asks; null for a key or a person of a proxy */
export async function listSessions(
  { pool, clock }: SessionDatabase,
  environment: string,
  token: string | null,
): Promise<SessionStory[]> {
  const { rows } = await pool.query<SessionStory>(
    `select id::text, actor, role, created_at, expires_at,
            case when key_digest is null then 'link' else 'API key' end as by,
            coalesce(token_digest = $3, false) as is_own
     from sessions where environment = $1 and expires_at > $2 order by created_at desc, sessions.id desc limit $4`,
    [environment, new Date(clock.now()), token && digest(token), MOST_LISTED],
  )
  return rows
}

/** Whose session it was; null when there is none with this id. */
export async function endSessionById(
  pool: Pool,
  environment: string,
  id: string,
): Promise<string | null> {
  const { rows } = await pool.query<{ actor: string }>(
    'delete from sessions where environment = $1 and id = $2 returning actor',
    [environment, id],
  )
  return rows[0]?.actor ?? null
}

/** Removes what has ended; how many sessions and links that were. */
export async function removeEndedSessions(
  { pool, clock }: SessionDatabase,
  environment: string,
): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `with ended as (delete from sessions where environment = $1 and expires_at <= $2 returning 1),
          unused as (delete from sign_in_links where environment = $1 and expires_at <= $2 returning 1)
     select (select count(*) from ended)::int + (select count(*) from unused)::int as count`,
    [environment, new Date(clock.now())],
  )
  return rows[0]?.count ?? 0
}
