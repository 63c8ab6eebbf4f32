// People, by any id they are known by.
import type { ProfileStory } from '../api-types.ts'
import type { ConsoleApp } from '../app.tsx'
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
}
