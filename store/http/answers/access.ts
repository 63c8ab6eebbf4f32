// What is answered about sessions, links, secrets, API keys and the audit log.
import { z } from 'zod'
import { ROLES } from '../../../core/role.ts'
import { AUDIT_ACTIONS } from '../../audit-log.ts'
import { at, count, environment, next, text } from './leaves.ts'

const actor = text('ada@shop.example', 'The name in the audit log.')
const principal = { environment, role: z.enum(ROLES), actor }

export const newSession = z
  .object({
    token: text('9b1c…', 'Send it as Authorization: Bearer.'),
    expires_at: at(),
    ...principal,
  })
  .meta({ id: 'NewSession' })

export const session = z
  .object({
    account: text('acct_live_123'),
    environments: z.array(environment).meta({
      description: 'Open to whoever asks: one, unless a reverse proxy has signed them in.',
    }),
    ...principal,
  })
  .meta({ id: 'Session' })

export const sessionList = z.object({
  sessions: z.array(
    z
      .object({
        id: text('12'),
        actor,
        role: z.enum(ROLES),
        created_at: at(),
        expires_at: at(),
        by: z.enum(['API key', 'link']),
        is_own: z.boolean().meta({ description: 'It is the one that asks.' }),
      })
      .meta({ id: 'SessionStory' }),
  ),
})

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
        actor,
        role: z.enum(ROLES),
        action: z.enum(AUDIT_ACTIONS),
        target: text('meta').nullable(),
      })
      .meta({ id: 'AuditEntry' }),
  ),
  next,
})

const source = z
  .enum(['environment', 'store'])
  .meta({ description: 'Where its text is: in a variable of the store, or made here.' })

const secretStanding = z
  .object({
    fingerprint: text('3f9c2a7b41d0'),
    source,
    created_at: at().describe('When it was made; of one in a variable, when it was first seen.'),
    created_by: actor.nullable(),
    requests: count(140, 'What it signed since then, pings included.'),
    last_used_at: at().nullable(),
    last_used_by: text('Segment (function)', 'What the latest sender calls itself.').nullable(),
  })
  .meta({ id: 'SecretStanding' })

const retiredSecret = secretStanding
  .extend({
    retired_at: at(),
    retired_by: actor.nullable(),
    can_be_restored: z.boolean().meta({ description: 'Its text is still at hand.' }),
  })
  .meta({ id: 'RetiredSecret' })

export const secretList = z
  .object({
    environment,
    can_make: z.boolean().meta({ description: 'The store has an encryption key.' }),
    in_use_ms: count(3_600_000, 'Without a signature for so long it counts as out of use.'),
    secrets: z.array(secretStanding).meta({ description: 'Accepted, the newest first.' }),
    retired: z.array(retiredSecret).meta({ description: 'Accepted no more, the latest first.' }),
  })
  .meta({ id: 'SecretList' })

export const madeSecret = z.object({
  fingerprint: text('3f9c2a7b41d0'),
  secret: text('5be0…', 'Said once, here.'),
})

const keyName = text('reporting', 'What it is for.')

export const apiKeyList = z.object({
  environment,
  api_keys: z
    .array(
      z
        .object({
          fingerprint: text('key-8c41aa02'),
          source,
          name: keyName.nullable(),
          role: z.enum(ROLES),
          created_at: at().nullable(),
          created_by: actor.nullable(),
          expires_at: at().nullable(),
          last_used_at: at().nullable(),
          revoked_at: at().nullable(),
          revoked_by: actor.nullable(),
        })
        .meta({ id: 'ApiKey' }),
    )
    .meta({ description: 'Live ones first, then what was revoked lately.' }),
  people: z
    .array(z.object({ pattern: text('*@shop.example'), role: z.enum(ROLES) }))
    .meta({ description: 'Who comes in through a reverse proxy, first match first.' }),
})

export const madeApiKey = z.object({
  fingerprint: text('key-8c41aa02'),
  name: keyName,
  role: z.enum(ROLES),
  expires_at: at().nullable(),
  key: text('tlk_77d1…', 'Said once, here.'),
})
