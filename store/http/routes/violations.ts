// GET /v1/violations?event=&limit= and GET /v1/coverage?messages=
import { planFinding } from '../../../core/mapping-check.ts'
import { redact } from '../../../core/redact.ts'
import { findUncovered } from '../../coverage.ts'
import { listViolations } from '../../violations.ts'
import type { StoreApp, StoreOptions } from '../app.ts'

const MAX_LISTED = 1000
const MAX_MESSAGES = 100_000

export function addViolationRoutes(app: StoreApp, { database }: StoreOptions): void {
  app.get('/v1/violations', async (context) => {
    const { environment } = context.var
    const event = context.req.query('event')
    const limit = whole(context.req.query('limit'), 100, MAX_LISTED)
    const found = await listViolations(database.pool, environment, { event, limit })
    const violations = found.map((one) => ({ ...one, fix: planFinding(one.event, one).fix }))
    // A sender may name an event or a property after a person.
    return context.json(redact({ environment, violations }))
  })
  app.get('/v1/coverage', async (context) => {
    const { environment } = context.var
    const messages = whole(context.req.query('messages'), 10_000, MAX_MESSAGES)
    const findings = await findUncovered(database.pool, environment, messages)
    return context.json(redact({ environment, findings: findings.map((one) => ({ ...one })) }))
  })
}

function whole(text: string | undefined, otherwise: number, max: number): number {
  const number = Number(text)
  return Number.isInteger(number) && number > 0 ? Math.min(number, max) : otherwise
}
