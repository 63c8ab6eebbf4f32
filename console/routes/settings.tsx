// Settings: the account and who is signed in, secrets and their rotation, API keys, retention, the audit log.
import type { Context } from 'hono'
import { setCookie } from 'hono/cookie'
import type { ApiKeyList, AuditEntry, KeptThing, ListedSession, SecretList } from '../api-types.ts'
import type { ConsoleApp, ConsoleEnv } from '../app.tsx'
import { cookieOptions, ENVIRONMENT_COOKIE } from '../cookies.ts'
import { SettingsPage } from '../pages/settings.tsx'
import { ApiKeysPage, LIFETIMES, MadeApiKeyPage } from '../pages/settings-keys.tsx'
import { AuditLogPage, RetentionPage } from '../pages/settings-records.tsx'
import { ConfirmRetirementPage } from '../pages/settings-secrets/confirm-retirement.tsx'
import { MadeSecretPage } from '../pages/settings-secrets/made.tsx'
import { SecretsPage } from '../pages/settings-secrets/page.tsx'
import { pathWith, type StoreOf, StoreRefusal } from '../store-api.ts'
import { mayAct } from '../viewer.ts'

interface AuditPage {
  readonly entries: readonly AuditEntry[]
  readonly next: string | null
}

const LATELY = 10
const DAY_MS = 24 * 60 * 60 * 1000

export function addSettingsPages(app: ConsoleApp, store: StoreOf): void {
  app.get('/settings', async (context) => {
    const { viewer } = context.var
    const isAdmin = mayAct(viewer, 'admin')
    const api = store(context)
    const [sessions, audit] = await Promise.all([
      isAdmin ? api.get<{ sessions: ListedSession[] }>('/v1/sessions') : null,
      isAdmin ? api.get<AuditPage>(`/v1/audit-log?limit=${LATELY}`) : null,
    ])
    return context.html(
      <SettingsPage
        viewer={viewer}
        sessions={sessions?.sessions ?? null}
        audit={audit?.entries ?? null}
      />,
    )
  })

  app.post('/settings/sessions/:id/end', async (context) => {
    await store(context).delete(`/v1/sessions/${encodeURIComponent(context.req.param('id'))}`)
    return context.redirect('/settings', 303)
  })

  // The store decides whether it is open to the one who looks.
  app.post('/settings/environment', async (context) => {
    const { environment } = await context.req.parseBody()
    if (typeof environment === 'string' && context.var.viewer.environments.includes(environment))
      setCookie(context, ENVIRONMENT_COOKIE, environment, cookieOptions(context))
    return context.redirect('/settings', 303)
  })

  addSecretPages(app, store)
  addApiKeyPages(app, store)

  app.get('/settings/retention', async (context) => {
    const { viewer } = context.var
    const { kept } = await store(context).get<{ kept: KeptThing[] }>('/v1/retention')
    return context.html(<RetentionPage {...{ viewer, kept }} />)
  })

  app.get('/settings/audit-log', async (context) => {
    const { viewer } = context.var
    const { action, actor, cursor } = context.req.query()
    const path = pathWith('/v1/audit-log', { action, actor: actor?.trim(), cursor })
    const page = mayAct(viewer, 'admin') ? await store(context).get<AuditPage>(path) : null
    return context.html(<AuditLogPage {...{ viewer, page }} filter={{ action, actor }} />)
  })
}

function addSecretPages(app: ConsoleApp, store: StoreOf): void {
  async function show(context: Context<ConsoleEnv>, fault: string | null) {
    const { viewer } = context.var
    const list = await store(context).get<SecretList>('/v1/secrets')
    return context.html(<SecretsPage {...{ viewer, list, fault }} />, fault === null ? 200 : 409)
  }

  app.get('/settings/secrets', (context) => show(context, null))

  app.post('/settings/secrets', async (context) => {
    const { viewer } = context.var
    const made = await orRefusal(
      store(context).post<{ fingerprint: string; secret: string }>('/v1/secrets'),
    )
    if (made instanceof StoreRefusal) return show(context, made.message)
    return context.html(<MadeSecretPage viewer={viewer} {...made} />)
  })

  app.post('/settings/secrets/:fingerprint/retire', async (context) => {
    const { viewer } = context.var
    const { fingerprint } = context.req.param()
    const { confirm } = await context.req.parseBody()
    const path = `/v1/secrets/${encodeURIComponent(fingerprint)}/retire`
    const done = await orRefusal(store(context).post(path, { confirm: confirm === 'yes' }))
    if (!(done instanceof StoreRefusal)) return context.redirect('/settings/secrets', 303)
    const { code, message } = done
    if (code !== 'still_in_use') return show(context, message)
    const list = await store(context).get<SecretList>('/v1/secrets')
    const secret = list.secrets.find((each) => each.fingerprint === fingerprint)
    if (!secret) return show(context, message)
    return context.html(<ConfirmRetirementPage {...{ viewer, secret, list }} />, 409)
  })

  app.post('/settings/secrets/:fingerprint/restore', async (context) => {
    const { fingerprint } = context.req.param()
    const path = `/v1/secrets/${encodeURIComponent(fingerprint)}/restore`
    const done = await orRefusal(store(context).post(path))
    if (done instanceof StoreRefusal) return show(context, done.message)
    return context.redirect('/settings/secrets', 303)
  })
}

function addApiKeyPages(app: ConsoleApp, store: StoreOf): void {
  async function show(context: Context<ConsoleEnv>, fault: string | null) {
    const { viewer } = context.var
    const list = mayAct(viewer, 'admin')
      ? await store(context).get<ApiKeyList>('/v1/api-keys')
      : null
    return context.html(<ApiKeysPage {...{ viewer, list, fault }} />, fault === null ? 200 : 400)
  }

  app.get('/settings/api-keys', (context) => show(context, null))

  app.post('/settings/api-keys', async (context) => {
    const { viewer } = context.var
    const { name, role, days } = await context.req.parseBody()
    const lifetime = LIFETIMES.find((each) => String(each) === days)
    const end =
      lifetime === undefined
        ? {}
        : { expires_at: new Date(viewer.look.nowMs + lifetime * DAY_MS).toISOString() }
    const made = await orRefusal(
      store(context).post<{ name: string; role: string; key: string }>('/v1/api-keys', {
        name,
        role,
        ...end,
      }),
    )
    if (made instanceof StoreRefusal) return show(context, made.message)
    return context.html(<MadeApiKeyPage {...{ viewer, made }} />)
  })

  app.post('/settings/api-keys/:fingerprint/revoke', async (context) => {
    const { fingerprint } = context.req.param()
    const path = `/v1/api-keys/${encodeURIComponent(fingerprint)}`
    const done = await orRefusal(store(context).delete(path))
    if (done instanceof StoreRefusal) return show(context, done.message)
    return context.redirect('/settings/api-keys', 303)
  })
}

// What the store says no to because of how things stand is said on the page; all else is an error.
async function orRefusal<Answer>(asked: Promise<Answer>): Promise<Answer | StoreRefusal> {
  try {
    return await asked
  } catch (error) {
    const isPlain = error instanceof StoreRefusal && [400, 404, 409].includes(error.status)
    if (isPlain) return error
    throw error
  }
}
