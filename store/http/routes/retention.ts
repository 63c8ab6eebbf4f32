// GET /v1/retention: what is kept for how long, and what was removed.
import { NO_AUDIENCES } from '../../../core/audience-table.ts'
import { keptThings } from '../../retention.ts'
import { listRuns } from '../../retention-runs.ts'
import { retention } from '../answers/retention.ts'
import type { StoreApp, StoreParts } from '../app.ts'
import { addRoute, route } from '../route.ts'

const getRetention = route({
  method: 'get',
  path: '/v1/retention',
  id: 'getRetention',
  tag: 'Access',
  summary: 'What is kept for how long, and what was removed',
  access: 'viewer',
  answer: retention,
})

export function addRetentionRoutes(app: StoreApp, options: StoreParts): void {
  const { database, audiences = NO_AUDIENCES, auditLogDays } = options
  addRoute(app, getRetention, async (context) => {
    const { environment } = context.var
    const runs = await listRuns(database.pool, environment)
    const kept = keptThings(audiences, auditLogDays).map((thing) => {
      const { subject: _, ...run } = runs.find(({ subject }) => subject === thing.subject) ?? {}
      return { ...thing, last_run: 'ran_at' in run ? run : null }
    })
    return { environment, kept }
  })
}
