// POST /v1/replays (dry run or real), GET /v1/replays, GET /v1/replays/:id, POST /v1/replays/:id/continue
import type { Context } from 'hono'
import { z } from 'zod'
import { TrackLayerError } from '../../../core/errors.ts'
import type { DeliverySide } from '../../delivery-side.ts'
import { DELIVERY_STATES, type DeliveryState } from '../../ledger.ts'
import type { ReplaySelection } from '../../replay-candidates.ts'
import { dryRun } from '../../replay-preview.ts'
import {
  continueReplay,
  createReplay,
  findReplay,
  listReplayed,
  listReplays,
  type ReplayRequest,
} from '../../replays.ts'
import { dryRunPage, replayDetail, replayList, replayStory } from '../answers/deliveries.ts'
import type { StoreApp, StoreEnv, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { cursor, instant, limitOf } from '../parse-request.ts'
import { addRoute, route } from '../route.ts'
import { defined } from './dead-letters.ts'

const text = z.string().min(1)

const body = z
  .strictObject({
    message_id: text.optional(),
    event_id: text.optional(),
    destination: text.optional(),
    states: z
      .array(
        z.enum(['dead', 'unknown', 'filtered', 'delivered'], {
          error: 'want dead, unknown, filtered or delivered',
        }),
      )
      .min(1)
      .optional(),
    reason: text.optional(),
    event: text.optional(),
    since: instant.optional(),
    until: instant.optional(),
    /** Send again what was delivered, where the platform recognises the repeat. */
    include_delivered: z.boolean().default(false),
    /** What may have arrived did not: somebody looked. */
    confirm_unknown: z.boolean().default(false),
    note: z.string().max(500).optional(),
    dry_run: z.boolean().default(false),
    cursor: cursor.default('0'),
    limit: limitOf(200, 50),
  })
  .refine(
    ({ message_id, event_id, destination, since }) =>
      [message_id, event_id, destination, since].some((given) => given !== undefined),
    'say what to send again: message_id, event_id, destination or since',
  )
  .meta({ examples: [{ destination: 'meta', since: '2026-04-23T10:00:00Z', dry_run: true }] })

type Body = z.output<typeof body>

const startReplay = route({
  method: 'post',
  path: '/v1/replays',
  id: 'createReplay',
  tag: 'Dead letters',
  summary: 'Sends again what is selected, or shows what that would send',
  details:
    'With `dry_run` nothing is sent, and 200 answers a page of differences. Without it 201 answers the replay; ' +
    'ask `continueReplay` until it is finished. A repeated `Idempotency-Key` finds the replay made with it.',
  access: 'operator',
  headers: { 'Idempotency-Key': 'One for each wish, whatever becomes of the request.' },
  body,
  status: 201,
  answer: replayStory,
  otherAnswers: { 200: dryRunPage },
  errors: ['conflict', 'not_found'],
})

// Each call enqueues one page. Whoever drives it may stop and go on, or somebody else may.
const goOn = route({
  method: 'post',
  path: '/v1/replays/:id/continue',
  id: 'continueReplay',
  tag: 'Dead letters',
  summary: 'Enqueues the next page of a replay',
  access: 'operator',
  params: { id: 'The id of the replay.' },
  answer: replayStory,
  errors: ['not_found'],
})

const getReplays = route({
  method: 'get',
  path: '/v1/replays',
  id: 'listReplays',
  tag: 'Dead letters',
  summary: 'The replays asked for, latest first',
  access: 'viewer',
  answer: replayList,
})

const getReplay = route({
  method: 'get',
  path: '/v1/replays/:id',
  id: 'getReplay',
  tag: 'Dead letters',
  summary: 'How a replay is going, with the first of what it looked at',
  access: 'viewer',
  params: { id: 'The id of the replay.' },
  answer: replayDetail,
  errors: ['not_found'],
})

/** Deliveries told of one by one; the others are in the counts. */
const MOST_SHOWN = 20

const NOT_ON: DeliverySide = {
  isOn: () => false,
  preview: async () => null,
  repeatRule: () => null,
  consent: () => null,
  report: async () => null,
}

export function addReplayRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, log, deliverySide: side = NOT_ON } = options

  addRoute(app, startReplay, async (context, { body: parsed }) => {
    const { environment, principal } = context.var
    const request = requestOf(parsed)
    if (parsed.dry_run)
      return context.json(await dryRun(database, side, environment, request, parsed))
    try {
      const id = await createReplay(database, {
        ...request,
        environment,
        idempotencyKey: context.req.header('idempotency-key') ?? null,
        requestedBy: principal.actor,
        note: parsed.note ?? null,
      })
      log('info', `replay ${id} (${environment}) asked for by ${principal.actor}`)
      await continueReplay(database, side, environment, id)
      return await answerStory(context, id)
    } catch (error) {
      if (!(error instanceof TrackLayerError) || error.code !== 'MESSAGE_INVALID') throw error
      return errorAnswer(context, 409, 'conflict', error.message)
    }
  })

  addRoute(app, goOn, async (context) => {
    const { environment } = context.var
    const id = context.req.param('id')
    if (await findReplay(database.pool, environment, id))
      await continueReplay(database, side, environment, id)
    return answerStory(context, id)
  })

  addRoute(app, getReplays, async (context) => ({
    replays: await listReplays(database.pool, context.var.environment),
  }))
  addRoute(app, getReplay, async (context) => {
    const story = await answerStory(context, context.req.param('id'))
    if (story instanceof Response) return story
    const { environment } = context.var
    return {
      ...story,
      deliveries: await listReplayed(database.pool, environment, story.id, MOST_SHOWN),
    }
  })

  async function answerStory(context: Context<StoreEnv>, id: string) {
    const { environment } = context.var
    const story = await findReplay(database.pool, environment, id)
    if (story) return story
    return errorAnswer(context, 404, 'not_found', `No replay "${id}" in ${environment}`)
  }
}

function requestOf(parsed: Body): ReplayRequest {
  const { message_id, event_id, destination, reason, event, since, until } = parsed
  const selection: ReplaySelection = {
    ...defined({ message_id, event_id, destination, reason, event, since, until }),
    states: parsed.states ?? statesOf(parsed),
  }
  return {
    selection,
    permissions: {
      includeDelivered: parsed.include_delivered,
      confirmUnknown: parsed.confirm_unknown,
    },
  }
}

// Of one event everything is shown, and said why it is not sent; of many, what was given up.
function statesOf({ message_id, event_id, include_delivered }: Body): readonly DeliveryState[] {
  if (message_id !== undefined || event_id !== undefined) return DELIVERY_STATES
  return include_delivered ? ['dead', 'unknown', 'delivered'] : ['dead', 'unknown']
}
