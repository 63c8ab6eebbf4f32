// Audiences, and one of them.
import type { AudienceMember, AudienceSummary, AudienceTransition } from '../api-types.ts'
import type { ConsoleApp } from '../app.tsx'
import { AudiencePage, AudiencesPage } from '../pages/audiences.tsx'
import type { StoreOf } from '../store-api.ts'

export function addAudiencePages(app: ConsoleApp, store: StoreOf): void {
  app.get('/audiences', async (context) => {
    const { viewer } = context.var
    const { audiences } = await store(context).get<{ audiences: AudienceSummary[] }>(
      '/v1/audiences',
    )
    return context.html(<AudiencesPage {...{ viewer, audiences }} />)
  })
  app.get('/audiences/:id', async (context) => {
    const { viewer } = context.var
    const path = `/v1/audiences/${encodeURIComponent(context.req.param('id'))}`
    const [audience, { members }, { transitions }] = await Promise.all([
      store(context).get<AudienceSummary>(path),
      store(context).get<{ members: AudienceMember[] }>(`${path}/members?limit=100`),
      store(context).get<{ transitions: AudienceTransition[] }>(`${path}/transitions?limit=100`),
    ])
    return context.html(<AudiencePage {...{ viewer, audience, members, transitions }} />)
  })
}
