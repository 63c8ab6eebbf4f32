// GET /v1/audiences, /v1/audiences/:id and its /members, /transitions and /outcomes
import type { Context } from 'hono'
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
import type { StoreApp, StoreEnv, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000
const CURSOR = /^\d{1,18}$/

export function addAudienceRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, audiences: table = NO_AUDIENCES } = options
  const { pool } = database
  app.get('/v1/audiences', async (context) => {
    // Counting reads every member: whoever asks for names and states can do without.
    const isCounted = context.req.query('counted') !== 'false'
    const { environment } = context.var
    return context.json({ audiences: await listAudiences(pool, environment, table, isCounted) })
  })
  app.get('/v1/audiences/:id', async (context) => {
    const found = await find(context, context.req.query('counted') !== 'false')
    return found instanceof Response ? found : context.json(found.summary)
  })
  app.get('/v1/audiences/:id/members', async (context) =>
    page(context, 'members', (of) =>
      listMembers(pool, of, context.req.query('records') === 'true'),
    ),
  )
  app.get('/v1/audiences/:id/transitions', async (context) =>
    page(context, 'transitions', (of) => listTransitions(pool, of)),
  )
  app.get('/v1/audiences/:id/outcomes', async (context) => {
    const asked = readPeriod(context.req.query(), database.clock.now())
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
    return context.json({ id: summary.id, asked: { ...period, window }, ...outcomes })
  })

  async function find(context: Context<StoreEnv>, counted: boolean) {
    const id = context.req.param('id') ?? ''
    const { environment } = context.var
    const found = await findAudience(pool, environment, table, id, counted)
    return found ?? errorAnswer(context, 404, 'not_found', `No audience "${id}" in ${environment}`)
  }

  async function page<Item>(
    context: Context<StoreEnv>,
    name: string,
    read: (of: PageOptions) => Promise<Page<Item>>,
  ): Promise<Response> {
    const found = await find(context, false)
    if (found instanceof Response) return found
    const { environment } = context.var
    const { limit, cursor = null } = context.req.query()
    if (cursor !== null && !CURSOR.test(cursor))
      return errorAnswer(context, 400, 'invalid_cursor', 'cursor is not the "next" of a page')
    const { rowId, summary } = found
    const { items, next } =
      rowId === null
        ? { items: [], next: null }
        : await read({ environment, rowId, cursor, limit: limitOf(limit) })
    return context.json({ audience: summary.id, [name]: items, next })
  }
}

function limitOf(text: string | undefined): number {
  const limit = Number(text ?? DEFAULT_LIMIT)
  return Number.isInteger(limit) && limit >= 1 ? Math.min(limit, MAX_LIMIT) : DEFAULT_LIMIT
}

interface Period {
  readonly since: Date | null
  readonly until: Date
  readonly window: string | null
  readonly windowMs: number | null
}

/** What is wrong with it, as text. */
function readPeriod(query: Readonly<Record<string, string>>, nowMs: number): Period | string {
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
