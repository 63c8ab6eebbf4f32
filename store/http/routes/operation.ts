// GET /healthz and /readyz
import { z } from 'zod'
import { messageOf } from '../../../core/errors.ts'
import { text } from '../answers/leaves.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { addRoute, route } from '../route.ts'

const getHealth = route({
  method: 'get',
  path: '/healthz',
  id: 'getHealth',
  tag: 'Operation',
  summary: 'Whether the process answers',
  access: 'open',
  answer: z.object({ status: text('ok') }),
})

const getReadiness = route({
  method: 'get',
  path: '/readyz',
  id: 'getReadiness',
  tag: 'Operation',
  summary: 'Whether it can take in events: its database answers',
  access: 'open',
  answer: z.object({ status: text('ready'), mapping_version: text('2026-11-22+3f9c2a') }),
  errors: ['unavailable'],
})

export function addOperationRoutes(app: StoreApp, { database, table, log }: StoreOptions): void {
  addRoute(app, getHealth, () => ({ status: 'ok' }))
  addRoute(app, getReadiness, async (context) => {
    try {
      await database.pool.query('select 1')
      return { status: 'ready', mapping_version: table.version }
    } catch (error) {
      log('error', `not ready: ${messageOf(error)}`)
      return errorAnswer(context, 503, 'unavailable', 'The database does not answer')
    }
  })
}
