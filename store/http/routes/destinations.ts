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
import type { StoreApp, StoreEnv, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { jsonBody, parseRequest } from '../parse-request.ts'

const listQuery = z.strictObject({
  detail: z.enum(['names'], { error: 'want names' }).optional(),
})

const pauseBody = z.strictObject({ reason: z.string().trim().max(200).optional() })

const testBody = z.strictObject({
  event: z.string().min(1).max(200).default('Order Completed'),
  test_code: z.string().trim().min(1).max(100).optional(),
  /** Send it although it counts. */
  send_real: z.boolean().default(false),
})

export function addDestinationRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, destinationsOf, destinationSetups: setups, log } = options

  app.get('/v1/destinations', async (context) => {
    const parsed = parseRequest(context, listQuery, context.req.query())
    if (parsed instanceof Response) return parsed
    const { environment } = context.var
    const names = destinationsOf(environment)
    if (parsed.detail === 'names')
      return context.json({ destinations: names.map((name) => ({ name })) })
    const off = setups?.off(environment) ?? []
    return context.json({ destinations: await storiesOf(environment, names), off })
  })

  app.get('/v1/destinations/:name', async (context) => {
    const { environment } = context.var
    const name = context.req.param('name')
    if (!isOn(environment, name)) return notOn(context, name)
    const setup = setups?.describe(environment, name) ?? null
    const [story] = await storiesOf(environment, [name])
    return context.json({
      ...story,
      setup,
      errors: await groupErrors(database.pool, environment, name),
      identifiers: await identifiersOf(environment, name, setup),
    })
  })

  app.post('/v1/destinations/:name/pause', async (context) => {
    const json = await jsonBody(context)
    if (json instanceof Response) return json
    const parsed = parseRequest(context, pauseBody, json)
    if (parsed instanceof Response) return parsed
    return turn(context, parsed.reason ? `${PAUSED_BY_HAND}: ${parsed.reason}` : PAUSED_BY_HAND)
  })
  app.post('/v1/destinations/:name/enable', (context) => turn(context, null))

  app.post('/v1/destinations/:name/test', async (context) => {
    const json = await jsonBody(context)
    if (json instanceof Response) return json
    const parsed = parseRequest(context, testBody, json)
    if (parsed instanceof Response) return parsed
    const { environment, principal } = context.var
    const name = context.req.param('name')
    if (!isOn(environment, name)) return notOn(context, name)
    if (!setups) {
      const message = `This store cannot send to ${name}: it was started without its destinations. Run: tracklayer destination test ${name}`
      return errorAnswer(context, 409, 'conflict', message)
    }
    const { event, test_code, send_real: sendReal } = parsed
    await recordAudit(database, principal, 'destination.tested', `${name}: ${event}`)
    try {
      const request = { event, testCode: test_code ?? null, sendReal }
      return context.json({ name, ...(await setups.test(environment, name, request)) })
    } catch (error) {
      if (!(error instanceof TrackLayerError) || error.code !== 'SETTINGS_INVALID') throw error
      return errorAnswer(context, 409, 'conflict', messageOf(error))
    }
  })

  function isOn(environment: string, name: string): boolean {
    return destinationsOf(environment).includes(name)
  }

  /** Pauses for the reason; without one enables. */
  async function turn(context: Context<StoreEnv>, reason: string | null): Promise<Response> {
    const { environment, principal } = context.var
    const destination = context.req.param('name') ?? ''
    if (!isOn(environment, destination)) return notOn(context, destination)
    const isPaused = reason !== null
    const at = new Date(database.clock.now())
    await setDestinationState(database.pool, { environment, destination, isPaused, reason, at })
    const done = isPaused ? 'paused' : 'enabled'
    await recordAudit(database, principal, `destination.${done}`, destination)
    log('info', `${destination} (${environment}): ${done} by ${principal.actor}`)
    return context.json({ name: destination, is_paused: isPaused })
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
