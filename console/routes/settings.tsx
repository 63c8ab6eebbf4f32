// The session, and what people did.
import type { AuditEntry } from '../api-types.ts'
import type { ConsoleApp } from '../app.tsx'
import { SettingsPage } from '../pages/settings.tsx'
import type { StoreOf } from '../store-api.ts'
import { pathWith } from '../store-api.ts'
import { mayAct } from '../viewer.ts'

export function addSettingsPages(app: ConsoleApp, store: StoreOf): void {
  app.get('/settings', async (context) => {
    const { viewer } = context.var
    const { cursor } = context.req.query()
    const audit = mayAct(viewer, 'admin')
      ? await store(context).get<{ entries: AuditEntry[]; next: string | null }>(
          pathWith('/v1/audit-log', { cursor }),
        )
      : null
    return context.html(<SettingsPage {...{ viewer, audit }} />)
  })
}
