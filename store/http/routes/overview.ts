// GET /v1/overview?window=15m, 1h (without it), 24h or 7d
import { matchSummaries } from '../../match-summaries.ts'
import { readOverview, WINDOWS, type Window } from '../../overview.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'

export function addOverviewRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, destinationsOf, destinationSetups: setups } = options
  app.get('/v1/overview', async (context) => {
    const { window = '1h' } = context.req.query()
    if (!Object.hasOwn(WINDOWS, window)) {
      const message = `window is "${window.slice(0, 20)}", want one of ${Object.keys(WINDOWS).join(', ')}`
      return errorAnswer(context, 400, 'invalid_request', message)
    }
    const { environment } = context.var
    const names = destinationsOf(environment)
    const returning = new Set(
      names.filter((name) => setups?.describe(environment, name)?.definition === 'segment-return'),
    )
    const asked = { environment, destinations: names, window: window as Window, returning }
    const [overview, matches] = await Promise.all([
      readOverview(database, asked),
      matchSummaries(database.pool, environment, names, database.clock.now()),
    ])
    const destinations = overview.destinations.map((destination) => ({
      ...destination,
      match_quality: matches.get(destination.name) ?? null,
    }))
    return context.json({ ...overview, destinations })
  })
}
