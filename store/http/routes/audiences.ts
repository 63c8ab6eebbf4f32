// GET /v1/audiences, /v1/audiences/:id and its /members, /transitions and /outcomes
import type { Context } from 'hono'
import { z } from 'zod'
import { NO_AUDIENCES } from '../../../core/audience-table.ts'
import { readDuration } from '../../../core/duration.ts'
import {
  findAudience,
  listAudiences,
  listMembers,
  listTransitions,
  type Page,
  type PageOptions,
} from '../../audience-reading.ts'
import { readOutcomes } from '../../outcomes.ts'
import {
  audienceList,
  audienceOutcomes,
  audienceSummary,
  memberPage,
  transitionPage,
} from '../answers/audiences.ts'
import type { StoreApp, StoreEnv, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { lenientLimit } from '../parse-request.ts'
import { addRoute, route } from '../route.ts'

const CURSOR = /^\d{1,18}$/

const ONE = {
  method: 'get',
  tag: 'Audiences',
  access: 'viewer',
  params: { id: 'Our id of the audience, or its key.' },
} as const

const pageQuery = z.object({ limit: lenientLimit(1000, 100), cursor: z.string().optional() })

const flag = z.enum(['true', 'false'], { error: 'want true or false' }).optional()

const countedQuery = z.object({
  counted: flag.meta({
    description: 'false: names and states only. Counting reads every member.',
  }),
})

const memberQuery = pageQuery.extend({
  records: flag.meta({
    description: 'true: each with the canonical event by which they entered, masked.',
  }),
})

const getAudiences = route({
  method: 'get',
  path: '/v1/audiences',
  id: 'listAudiences',
  tag: 'Audiences',
  summary: 'Every audience, with how many are in it',
  access: 'viewer',
  query: countedQuery,
  answer: audienceList,
})

const getAudience = route({
  ...ONE,
  path: '/v1/audiences/:id',
  id: 'getAudience',
  summary: 'One audience',
  query: countedQuery,
  answer: audienceSummary,
  errors: ['not_found'],
})

const getMembers = route({
  ...ONE,
  path: '/v1/audiences/:id/members',
  id: 'listAudienceMembers',
  summary: 'Who is in it',
  query: memberQuery,
  answer: memberPage,
  errors: ['not_found', 'invalid_cursor'],
})

const getTransitions = route({
  ...ONE,
  path: '/v1/audiences/:id/transitions',
  id: 'listAudienceTransitions',
  summary: 'Who came and went, and where each change was sent, latest first',
  query: pageQuery,
  answer: transitionPage,
  errors: ['not_found', 'invalid_cursor'],
})

const instantText = z
  .string()
  .optional()
  .meta({
    description: 'A date or an instant of ISO 8601, in UTC unless it says otherwise.',
    examples: ['2026-04-01'],
  })

const getOutcomes = route({
  ...ONE,
  path: '/v1/audiences/:id/outcomes',
  id: 'getAudienceOutcomes',
  summary: 'What members bought, beside everybody else',
  query: z.object({
    since: instantText,
    until: instantText,
    window: z
      .string()
      .optional()
      .meta({ description: 'After entering: hours or days.', examples: ['7d'] }),
  }),
  answer: audienceOutcomes,
  errors: ['not_found', 'invalid_period'],
})

export function addAudienceRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, audiences: table = NO_AUDIENCES } = options
  const { pool } = database
  addRoute(app, getAudiences, async (context, { query: { counted } }) => ({
    audiences: await listAudiences(pool, context.var.environment, table, counted !== 'false'),
  }))
  addRoute(app, getAudience, async (context, { query: { counted } }) => {
    const found = await find(context, counted !== 'false')
    return found instanceof Response ? found : found.summary
  })
  addRoute(app, getMembers, async (context, { query }) => {
    const page = await pageOf(context, query, (of) =>
      listMembers(pool, of, query.records === 'true'),
    )
    if (page instanceof Response) return page
    const { audience, items, next } = page
    return { audience, members: items, next }
  })
  addRoute(app, getTransitions, async (context, { query }) => {
    const page = await pageOf(context, query, (of) => listTransitions(pool, of))
    if (page instanceof Response) return page
    const { audience, items, next } = page
    return { audience, transitions: items, next }
  })
  addRoute(app, getOutcomes, async (context, { query }) => {
    const asked = readPeriod(query, database.clock.now())
    if (typeof asked === 'string') return errorAnswer(context, 400, 'invalid_period', asked)
    const found = await find(context, false)
    if (found instanceof Response) return found
    const { rowId, summary } = found
    const outcomes = await readOutcomes(pool, {
      ...asked,
      environment: context.var.environment,
      audienceRowId: rowId,
      retentionDays: summary.retention_days,
    })
    const { since, until, window } = asked
    const period = { since: since?.toISOString() ?? null, until: until.toISOString() }
    return { id: summary.id, asked: { ...period, window }, ...outcomes }
  })

  async function find(context: Context<StoreEnv>, counted: boolean) {
    const id = context.req.param('id') ?? ''
    const { environment } = context.var
    const found = await findAudience(pool, environment, table, id, counted)
    return found ?? errorAnswer(context, 404, 'not_found', `No audience "${id}" in ${environment}`)
  }

  async function pageOf<Item>(
    context: Context<StoreEnv>,
    query: z.output<typeof pageQuery>,
    read: (of: PageOptions) => Promise<Page<Item>>,
  ): Promise<(Page<Item> & { audience: string }) | Response> {
    const found = await find(context, false)
    if (found instanceof Response) return found
    const { environment } = context.var
    const { limit, cursor = null } = query
    if (cursor !== null && !CURSOR.test(cursor))
      return errorAnswer(context, 400, 'invalid_cursor', 'cursor is not the "next" of a page')
    const { rowId, summary } = found
    const page =
      rowId === null ? { items: [], next: null } : await read({ environment, rowId, cursor, limit })
    return { audience: summary.id, ...page }
  }
}

interface Period {
  readonly since: Date | null
  readonly until: Date
  readonly window: string | null
  readonly windowMs: number | null
}

/** What is wrong with it, as text. */
function readPeriod(
  query: Readonly<Partial<Record<string, string | undefined>>>,
  nowMs: number,
): Period | string {
  const { since = null, until = null, window = null } = query
  const [from, to] = [instantOf(since), instantOf(until)]
  if (since !== null && from === null) return `since ${WANTED_INSTANT}`
  if (until !== null && to === null) return `until ${WANTED_INSTANT}`
  const end = to ?? new Date(nowMs)
  if (from && from >= end) return 'since is not before until'
  const windowMs = window === null ? null : readDuration(window)
  if (window !== null && windowMs === null) return 'window is no duration, e.g. 72h or 7d'
  return { since: from, until: end, window, windowMs }
}

const WANTED_INSTANT = 'is no instant, e.g. 2026-11-01 or 2026-11-01T10:00:00Z'

// Dates of ISO 8601 alone, in UTC unless they say otherwise: Date.parse takes anything and guesses.
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/

function instantOf(text: string | null): Date | null {
  if (text === null || !INSTANT.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : new Date(at)
}
