// GET /v1/audit-log: who did what and who saw personal data, by action and by actor.
import { z } from 'zod'
import { AUDIT_ACTIONS, listAudit } from '../../audit-log.ts'
import type { StoreApp, StoreParts } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { limitOf, parseRequest } from '../parse-request.ts'
import { refuseBelow } from '../require-access.ts'

const query = z.object({
  action: z.enum(AUDIT_ACTIONS, { error: `want one of ${AUDIT_ACTIONS.join(', ')}` }).optional(),
  actor: z.string().min(1).max(300).optional(),
  limit: limitOf(200, 100),
})

export function addAuditLogRoutes(app: StoreApp, { database }: StoreParts): void {
  app.get('/v1/audit-log', async (context) => {
    const refusal = refuseBelow(context, 'admin')
    if (refusal) return refusal
    const { cursor = null, ...given } = context.req.query()
    if (cursor !== null && !/^\d{1,18}$/.test(cursor))
      return errorAnswer(context, 400, 'invalid_cursor', 'cursor is not the "next" of a page')
    const parsed = parseRequest(context, query, given)
    if (parsed instanceof Response) return parsed
    const { action = null, actor = null, limit } = parsed
    const filter = { action, actor }
    return context.json(
      await listAudit(database.pool, context.var.environment, filter, { cursor, limit }),
    )
  })
}
