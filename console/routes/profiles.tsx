// People, by any id they are known by.
import type { ProfileStory, SeparationPreview } from '../api-types.ts'
import type { ConsoleApp } from '../app.tsx'
import { MergePage } from '../pages/merge.tsx'
import { ProfilePage, ProfileSearchPage } from '../pages/profile.tsx'
import type { StoreOf } from '../store-api.ts'
import { StoreRefusal } from '../store-api.ts'

export function addProfilePages(app: ConsoleApp, store: StoreOf): void {
  app.get('/profiles', (context) => {
    const { id } = context.req.query()
    if (id?.trim()) return context.redirect(`/profiles/${encodeURIComponent(id.trim())}`, 303)
    return context.html(<ProfileSearchPage viewer={context.var.viewer} />)
  })
  app.get('/profiles/:id', async (context) => {
    const { viewer } = context.var
    const id = context.req.param('id')
    try {
      const path = `/v1/profiles/${encodeURIComponent(id)}`
      const profile = await store(context).get<ProfileStory>(path)
      return context.html(<ProfilePage {...{ viewer, profile }} />)
    } catch (error) {
      if (!(error instanceof StoreRefusal) || error.status !== 404) throw error
      return context.html(<ProfileSearchPage viewer={viewer} unknown={id} />, 404)
    }
  })
  app.get('/profiles/:id/merges/:merge', async (context) => {
    const { viewer } = context.var
    const { id, merge } = context.req.param()
    const preview = await store(context).get<SeparationPreview>(`/v1${mergePath(id, merge)}`)
    return context.html(<MergePage {...{ viewer, preview }} path={mergePath(id, merge)} />)
  })
  app.post('/profiles/:id/merges/:merge/undo', async (context) => {
    const { id, merge } = context.req.param()
    const { profile_id } = await store(context).post<{ profile_id: string }>(
      `/v1${mergePath(id, merge)}/undo`,
    )
    return context.redirect(`/profiles/${profile_id}`, 303)
  })
}

function mergePath(id: string, merge: string): string {
  return `/profiles/${encodeURIComponent(id)}/merges/${encodeURIComponent(merge)}`
}
