// What is answered about sessions, links, secrets and the audit log.
import { z } from 'zod'
import { ROLES } from '../../../core/role.ts'
import { at, count, environment, next, text } from './leaves.ts'

const principal = {
  environment,
  role: z.enum(ROLES),
  actor: text('ada@shop.example', 'The name in the audit log.'),
}

export const newSession = z
  .object({
    token: text('9b1c…', 'Send it as Authorization: Bearer.'),
    expires_at: at(),
    ...principal,
  })
  .meta({ id: 'NewSession' })

export const session = z
  .object({ account: text('acct_live_123'), ...principal })
  .meta({ id: 'Session' })

export const signInLink = z.object({
  link: text('4f0c…'),
  path: text('/sign-in/4f0c…', 'Of the console; it signs in once, within 15 minutes.'),
})

export const auditPage = z.object({
  entries: z.array(
    z
      .object({
        id: text('311'),
        at: at(),
        actor: text('ada@shop.example'),
        role: z.enum(ROLES),
        action: text('destination.paused'),
        target: text('meta').nullable(),
      })
      .meta({ id: 'AuditEntry' }),
  ),
  next,
})

export const secretList = z.object({
  environment,
  secrets: z.array(
    z
      .object({
        fingerprint: text('3f9c2a7b'),
        requests: count(140, 'What it signed since this store started.'),
        last_used_at: at().nullable(),
      })
      .meta({ id: 'SecretStanding' }),
  ),
})
