// GET /v1/audit-log: who did what and who saw personal data, by action and by actor.
import { z } from 'zod'
import { AUDIT_ACTIONS, listAudit } from '../../audit-log.ts'
import { auditPage } from '../answers/access.ts'
import type { StoreApp, StoreParts } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { limitOf } from '../parse-request.ts'
import { addRoute, route } from '../route.ts'

const listLog = route({
  method: 'get',
  path: '/v1/audit-log',
  id: 'listAuditLog',
  tag: 'Access',
  summary: 'Who did what, and who saw personal data, latest first',
  access: 'admin',
  query: z.object({
    action: z.enum(AUDIT_ACTIONS, { error: `want one of ${AUDIT_ACTIONS.join(', ')}` }).optional(),
    actor: z.string().min(1).max(300).optional().meta({ description: 'Whole and to the letter.' }),
    cursor: z.string().optional().meta({ description: 'The "next" of the page before.' }),
    limit: limitOf(200, 100),
  }),
  answer: auditPage,
  errors: ['invalid_cursor'],
})

export function addAuditLogRoutes(app: StoreApp, { database }: StoreParts): void {
  addRoute(app, listLog, async (context, { query }) => {
    const { action = null, actor = null, cursor = null, limit } = query
    if (cursor !== null && !/^\d{1,18}$/.test(cursor))
      return errorAnswer(context, 400, 'invalid_cursor', 'cursor is not the "next" of a page')
    const page = { cursor, limit }
    return listAudit(database.pool, context.var.environment, { action, actor }, page)
  })
}
