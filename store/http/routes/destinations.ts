// GET /v1/destinations, POST /v1/destinations/:name/pause and /enable
import { recordAudit } from '../../audit-log.ts'
import { listDestinationStates, setDestinationState } from '../../destination-states.ts'
import { reconcile } from '../../ledger.ts'
import { matchSummaries } from '../../match-summaries.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'

export function addDestinationRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, destinationsOf, log } = options
  app.get('/v1/destinations', async (context) => {
    const { environment } = context.var
    const states = await listDestinationStates(database.pool, environment)
    const { destinations: sums } = await reconcile(database.pool, environment)
    const names = destinationsOf(environment)
    const matches = await matchSummaries(database.pool, environment, names, database.clock.now())
    const destinations = names.map((name) => {
      const state = states.find(({ destination }) => destination === name)
      return {
        name,
        is_paused: state?.is_paused ?? false,
        reason: state?.reason ?? null,
        changed_at: state?.changed_at ?? null,
        deliveries: sums[name] ?? null,
        match_quality: matches.get(name) ?? null,
      }
    })
    return context.json({ destinations })
  })
  for (const action of ['pause', 'enable'] as const) {
    app.post(`/v1/destinations/:name/${action}`, async (context) => {
      const { environment } = context.var
      const destination = context.req.param('name')
      if (!destinationsOf(environment).includes(destination)) {
        const message = `No destination "${destination}" is on in ${environment}`
        return errorAnswer(context, 404, 'not_found', message)
      }
      const isPaused = action === 'pause'
      const at = new Date(database.clock.now())
      const reason = isPaused ? 'paused by hand' : null
      await setDestinationState(database.pool, { environment, destination, isPaused, reason, at })
      const { principal } = context.var
      const done = isPaused ? 'paused' : 'enabled'
      await recordAudit(database, principal, `destination.${done}`, destination)
      log('info', `${destination} (${environment}): ${done} by ${principal.actor}`)
      return context.json({ name: destination, is_paused: isPaused })
    })
  }
}
