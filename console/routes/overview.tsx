// The first page.
import type { Overview } from '../api-types.ts'
import type { ConsoleApp } from '../app.tsx'
import { OverviewPage } from '../pages/overview.tsx'
import type { StoreOf } from '../store-api.ts'
import { pathWith } from '../store-api.ts'

export function addOverviewPages(app: ConsoleApp, store: StoreOf): void {
  app.get('/', async (context) => {
    const { window } = context.req.query()
    const overview = await store(context).get<Overview>(pathWith('/v1/overview', { window }))
    return context.html(<OverviewPage viewer={context.var.viewer} overview={overview} />)
  })
}
