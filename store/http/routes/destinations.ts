// GET /v1/destinations, POST /v1/destinations/:name/pause and /enable
import { recordAudit } from '../../audit-log.ts'
import { listDestinationStates, setDestinationState } from '../../destination-states.ts'
import { reconcile } from '../../ledger.ts'
import { matchSummaries } from '../../match-summaries.ts'
import { destinationList, destinationSwitched } from '../answers/deliveries.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { addRoute, route } from '../route.ts'

const listDestinations = route({
  method: 'get',
  path: '/v1/destinations',
  id: 'listDestinations',
  tag: 'Destinations',
  summary: 'Every destination that is on: its states, their reasons, its match quality',
  access: 'viewer',
  answer: destinationList,
})

const switchDestination = (action: 'pause' | 'enable', summary: string) =>
  route({
    method: 'post',
    path: `/v1/destinations/:name/${action}`,
    id: `${action}Destination`,
    tag: 'Destinations',
    summary,
    access: 'operator',
    params: { name: 'The name of its file in mappings/destinations.' },
    answer: destinationSwitched,
    errors: ['not_found'],
  })

const SWITCHES = {
  pause: switchDestination('pause', 'Sends nothing more there; what comes waits'),
  enable: switchDestination('enable', 'Sends again, beginning with what has waited'),
}

export function addDestinationRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, destinationsOf, log } = options
  addRoute(app, listDestinations, async (context) => {
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
    return { destinations }
  })
  for (const action of ['pause', 'enable'] as const) {
    addRoute(app, SWITCHES[action], async (context) => {
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
      return { name: destination, is_paused: isPaused }
    })
  }
}
