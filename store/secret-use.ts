// Which live secret signs the traffic: what a rotation must know before it takes the old one away. Counted by each process
// for itself since its start, for the answer that matters is whether anything still arrives.
import type { Clock } from '../core/clock.ts'
import { secretFingerprint } from '../core/secret-fingerprint.ts'
import type { Access } from './access.ts'

export interface SecretStanding {
  readonly fingerprint: string
  /** Requests it signed, pings included. */
  readonly requests: number
  readonly last_used_at: string | null
}

export interface SecretUse {
  note(environment: string, secret: string): void
  /** The live ones, newest first. */
  standing(access: Access, environment: string): SecretStanding[]
}

export function createSecretUse(clock: Clock): SecretUse {
  const uses = new Map<string, { requests: number; lastUsedAt: number }>()
  const keyOf = (environment: string, secret: string) => `${environment}\n${secret}`
  return {
    note(environment, secret) {
      const key = keyOf(environment, secret)
      const use = uses.get(key) ?? { requests: 0, lastUsedAt: 0 }
      use.requests++
      use.lastUsedAt = clock.now()
      uses.set(key, use)
    },
    standing(access, environment) {
      const found = access.environments.find(({ name }) => name === environment)
      return (found?.secrets ?? []).map((secret) => {
        const use = uses.get(keyOf(environment, secret))
        const last = use ? new Date(use.lastUsedAt).toISOString() : null
        const requests = use?.requests ?? 0
        return { fingerprint: secretFingerprint(secret), requests, last_used_at: last }
      })
    },
  }
}
