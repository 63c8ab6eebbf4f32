// GET /v1/overview?window=15m, 1h (without it), 24h or 7d
import { NO_AUDIENCES } from '../../../core/audience-table.ts'
import { readLosses } from '../../audience-sizes.ts'
import { readOverview, WINDOWS, type Window } from '../../overview.ts'
import { emptiedAlerts } from '../../overview-alerts.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'

export function addOverviewRoutes(
  app: StoreApp,
  { database, destinationsOf, audiences: table = NO_AUDIENCES }: StoreOptions,
): void {
  app.get('/v1/overview', async (context) => {
    const { window = '1h' } = context.req.query()
    if (!Object.hasOwn(WINDOWS, window)) {
      const message = `window is "${window.slice(0, 20)}", want one of ${Object.keys(WINDOWS).join(', ')}`
      return errorAnswer(context, 400, 'invalid_request', message)
    }
    const { environment } = context.var
    const destinations = destinationsOf(environment)
    const options = { environment, destinations, window: window as Window }
    const overview = await readOverview(database, options)
    const emptied = emptiedAlerts(await readLosses(database, { environment, table }))
    return context.json({ ...overview, alerts: [...overview.alerts, ...emptied] })
  })
}
