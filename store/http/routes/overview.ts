// GET /v1/overview?window=15m, 1h (without it), 24h or 7d
import { z } from 'zod'
import { NO_AUDIENCES } from '../../../core/audience-table.ts'
import { readLosses } from '../../audience-sizes.ts'
import { matchSummaries } from '../../match-summaries.ts'
import { readOverview, WINDOWS, type Window } from '../../overview.ts'
import { emptiedAlerts } from '../../overview-alerts.ts'
import { overview } from '../answers/events.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { addRoute, route } from '../route.ts'

const NAMES = Object.keys(WINDOWS) as [Window]

const getOverview = route({
  method: 'get',
  path: '/v1/overview',
  id: 'getOverview',
  tag: 'Events',
  summary: 'How much came, where it went, how fast, and what needs somebody now',
  access: 'viewer',
  query: z.object({
    window: z.enum(NAMES, { error: `want one of ${NAMES.join(', ')}` }).default('1h'),
  }),
  answer: overview,
})

export function addOverviewRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, destinationsOf, destinationSetups: setups } = options
  const { audiences: table = NO_AUDIENCES } = options
  addRoute(app, getOverview, async (context, { query: { window } }) => {
    const { environment } = context.var
    const names = destinationsOf(environment)
    const returning = new Set(
      names.filter((name) => setups?.describe(environment, name)?.definition === 'segment-return'),
    )
    const [read, matches, losses] = await Promise.all([
      readOverview(database, { environment, destinations: names, window, returning }),
      matchSummaries(database.pool, environment, names, database.clock.now()),
      readLosses(database, { environment, table }),
    ])
    const destinations = read.destinations.map((destination) => ({
      ...destination,
      match_quality: matches.get(destination.name) ?? null,
    }))
    return { ...read, destinations, alerts: [...read.alerts, ...emptiedAlerts(losses)] }
  })
}
