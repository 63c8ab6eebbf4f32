// Destinations: how they are, and stopping and starting them.
import type { DestinationStory, Overview } from '../api-types.ts'
import type { ConsoleApp } from '../app.tsx'
import { DestinationsPage } from '../pages/destinations.tsx'
import type { StoreApi, StoreOf } from '../store-api.ts'

/** Every destination that is on, with its sums. */
export function readDestinations(store: StoreApi): Promise<{ destinations: DestinationStory[] }> {
  return store.get('/v1/destinations')
}

export function addDestinationPages(app: ConsoleApp, store: StoreOf): void {
  app.get('/destinations', async (context) => {
    const { viewer } = context.var
    const [overview, { destinations }] = await Promise.all([
      store(context).get<Overview>('/v1/overview?window=24h'),
      readDestinations(store(context)),
    ])
    return context.html(
      <DestinationsPage {...{ viewer, destinations }} overviews={overview.destinations} />,
    )
  })
  for (const action of ['pause', 'enable'] as const) {
    app.post(`/destinations/:name/${action}`, async (context) => {
      const name = context.req.param('name') ?? ''
      await store(context).post(`/v1/destinations/${encodeURIComponent(name)}/${action}`)
      return context.redirect(`/destinations#${encodeURIComponent(name)}`, 303)
    })
  }
}
