// GET /v1/destinations (?detail=names), GET /v1/destinations/:name, POST /v1/destinations/:name/pause, /enable and /test
import type { Context } from 'hono'
import { z } from 'zod'
import { messageOf, TrackLayerError } from '../../../core/errors.ts'
import { matchGains } from '../../../core/identity-fields/match-gains.ts'
import { recordAudit } from '../../audit-log.ts'
import { listBreakers } from '../../breakers.ts'
import type { DestinationSetup } from '../../delivery-side.ts'
import { groupErrors } from '../../destination-errors.ts'
import { listDestinationStates, setDestinationState } from '../../destination-states.ts'
import { readDaySums } from '../../destination-sums.ts'
import { matchSummaries, missingSets } from '../../match-summaries.ts'
import { PAUSED_BY_HAND } from '../../overview-alerts.ts'
import {
  destinationDetail,
  destinationList,
  destinationSwitched,
  testedDestination,
} from '../answers/destinations.ts'
import type { StoreApp, StoreEnv, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { type Answered, addRoute, route } from '../route.ts'

const PARAMS = { name: 'The name of its file in mappings/destinations.' }

const listDestinations = route({
  method: 'get',
  path: '/v1/destinations',
  id: 'listDestinations',
  tag: 'Destinations',
  summary: 'Every destination that is on: its last day, its breakers, its match quality',
  details: 'With `detail=names`: the names alone, at once.',
  access: 'viewer',
  query: z.strictObject({
    detail: z.enum(['names'], { error: 'want names' }).optional(),
  }),
  answer: destinationList,
})

const getDestination = route({
  method: 'get',
  path: '/v1/destinations/:name',
  id: 'getDestination',
  tag: 'Destinations',
  summary: 'One destination: how it is set up, what goes wrong there, what people are matched by',
  details: 'No value of its settings is told.',
  access: 'viewer',
  params: PARAMS,
  answer: destinationDetail,
  errors: ['not_found'],
})

const pauseDestination = route({
  method: 'post',
  path: '/v1/destinations/:name/pause',
  id: 'pauseDestination',
  tag: 'Destinations',
  summary: 'Sends nothing more there; what comes waits',
  access: 'operator',
  params: PARAMS,
  body: z.strictObject({
    reason: z
      .string()
      .trim()
      .max(200)
      .optional()
      .meta({ examples: ['new key tomorrow'] }),
  }),
  answer: destinationSwitched,
  errors: ['not_found'],
})

const enableDestination = route({
  method: 'post',
  path: '/v1/destinations/:name/enable',
  id: 'enableDestination',
  tag: 'Destinations',
  summary: 'Sends again, beginning with what has waited',
  access: 'operator',
  params: PARAMS,
  answer: destinationSwitched,
  errors: ['not_found'],
})

const testDestination = route({
  method: 'post',
  path: '/v1/destinations/:name/test',
  id: 'testDestination',
  tag: 'Destinations',
  summary: 'Sends one made-up event, and tells what became of it',
  details:
    'It is no delivery. Where the platform has no test mode it counts, and takes `send_real`.',
  access: 'operator',
  params: PARAMS,
  body: z.strictObject({
    event: z
      .string()
      .min(1)
      .max(200)
      .default('Order Completed')
      .meta({ description: 'Name of the event in Segment.' }),
    test_code: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'What the platform gives out for tests.', examples: ['TEST12345'] }),
    send_real: z.boolean().default(false).meta({ description: 'Send it although it counts.' }),
  }),
  answer: testedDestination,
  errors: ['not_found', 'conflict'],
})

export function addDestinationRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, destinationsOf, destinationSetups: setups, log } = options

  addRoute(app, listDestinations, async (context, { query: { detail } }) => {
    const { environment } = context.var
    const names = destinationsOf(environment)
    if (detail === 'names') return { destinations: names.map((name) => ({ name })) }
    const off = setups?.off(environment) ?? []
    return { destinations: await storiesOf(environment, names), off }
  })

  addRoute(app, getDestination, async (context) => {
    const { environment } = context.var
    const name = context.req.param('name')
    const [story] = isOn(environment, name) ? await storiesOf(environment, [name]) : []
    if (!story) return notOn(context, name)
    const setup = setups?.describe(environment, name) ?? null
    return {
      ...story,
      setup,
      errors: await groupErrors(database.pool, environment, name),
      identifiers: await identifiersOf(environment, name, setup),
    }
  })

  addRoute(app, pauseDestination, (context, { body: { reason } }) =>
    turn(context, reason ? `${PAUSED_BY_HAND}: ${reason}` : PAUSED_BY_HAND),
  )
  addRoute(app, enableDestination, (context) => turn(context, null))

  addRoute(app, testDestination, async (context, { body }) => {
    const { environment, principal } = context.var
    const name = context.req.param('name')
    if (!isOn(environment, name)) return notOn(context, name)
    if (!setups) {
      const message = `This store cannot send to ${name}: it was started without its destinations. Run: tracklayer destination test ${name}`
      return errorAnswer(context, 409, 'conflict', message)
    }
    const { event, test_code, send_real: sendReal } = body
    await recordAudit(database, principal, 'destination.tested', `${name}: ${event}`)
    try {
      const request = { event, testCode: test_code ?? null, sendReal }
      return { name, ...(await setups.test(environment, name, request)) }
    } catch (error) {
      if (!(error instanceof TrackLayerError) || error.code !== 'SETTINGS_INVALID') throw error
      return errorAnswer(context, 409, 'conflict', messageOf(error))
    }
  })

  function isOn(environment: string, name: string): boolean {
    return destinationsOf(environment).includes(name)
  }

  /** Pauses for the reason; without one enables. */
  async function turn(
    context: Context<StoreEnv, '/v1/destinations/:name/pause' | '/v1/destinations/:name/enable'>,
    reason: string | null,
  ): Promise<Answered<typeof destinationSwitched> | Response> {
    const { environment, principal } = context.var
    const destination = context.req.param('name')
    if (!isOn(environment, destination)) return notOn(context, destination)
    const isPaused = reason !== null
    const at = new Date(database.clock.now())
    await setDestinationState(database.pool, { environment, destination, isPaused, reason, at })
    const done = isPaused ? 'paused' : 'enabled'
    await recordAudit(database, principal, `destination.${done}`, destination)
    log('info', `${destination} (${environment}): ${done} by ${principal.actor}`)
    return { name: destination, is_paused: isPaused }
  }

  async function storiesOf(environment: string, names: readonly string[]) {
    const { pool, clock } = database
    const nowMs = clock.now()
    const [states, breakers, sums, matches] = await Promise.all([
      listDestinationStates(pool, environment),
      listBreakers(pool, environment, nowMs),
      readDaySums(database, environment, names),
      matchSummaries(pool, environment, names, nowMs),
    ])
    return names.map((name) => {
      const state = states.find(({ destination }) => destination === name)
      return {
        name,
        is_paused: state?.is_paused ?? false,
        reason: state?.reason ?? null,
        changed_at: state?.changed_at ?? null,
        breakers: breakers.filter(({ destination }) => destination === name),
        deliveries: sums.get(name) ?? null,
        match_quality: matches.get(name) ?? null,
      }
    })
  }

  async function identifiersOf(environment: string, name: string, setup: DestinationSetup | null) {
    if (!setup?.platform) return null
    const sets = await missingSets(database.pool, environment, name, database.clock.now())
    return sets.length === 0 ? null : matchGains(setup.platform, sets)
  }
}

function notOn(context: Context<StoreEnv>, name: string): Response {
  const message = `No destination "${name}" is on in ${context.var.environment}`
  return errorAnswer(context, 404, 'not_found', message)
}
