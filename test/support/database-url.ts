// A test database as DATABASE_URL names one to a process.
import type pg from 'pg'

export function databaseUrl({ user, password, database, host }: pg.ClientConfig): string {
  const secret = typeof password === 'string' ? `:${encodeURIComponent(password)}` : ''
  const query = new URLSearchParams({ host: host ?? '' })
  return `postgres://${encodeURIComponent(user ?? '')}${secret}@localhost/${encodeURIComponent(database ?? '')}?${query}`
}
