// GET /v1/audiences, /v1/audiences/:id, /v1/audiences/:id/members and /v1/audiences/:id/transitions
import type { Context } from 'hono'
import { NO_AUDIENCES } from '../../../core/audience-table.ts'
import {
  findAudience,
  listAudiences,
  listMembers,
  listTransitions,
  type Page,
  type PageOptions,
} from '../../audience-reading.ts'
import type { StoreApp, StoreEnv, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000
const CURSOR = /^\d{1,18}$/

export function addAudienceRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, audiences: table = NO_AUDIENCES } = options
  const { pool } = database
  app.get('/v1/audiences', async (context) =>
    context.json({ audiences: await listAudiences(pool, context.var.environment, table) }),
  )
  app.get('/v1/audiences/:id', async (context) => {
    const found = await find(context, true)
    return found instanceof Response ? found : context.json(found.summary)
  })
  app.get('/v1/audiences/:id/members', async (context) =>
    page(context, 'members', (of) => listMembers(pool, of)),
  )
  app.get('/v1/audiences/:id/transitions', async (context) =>
    page(context, 'transitions', (of) => listTransitions(pool, of)),
  )

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
