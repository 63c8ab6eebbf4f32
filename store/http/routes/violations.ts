// GET /v1/violations?event=&limit= and GET /v1/coverage?messages=
import { z } from 'zod'
import { planFinding } from '../../../core/mapping-check.ts'
import { redact } from '../../../core/redact.ts'
import { findUncovered } from '../../coverage.ts'
import { listViolations } from '../../violations.ts'
import { coverage, violationList } from '../answers/plan.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { lenientLimit } from '../parse-request.ts'
import { addRoute, route } from '../route.ts'

const getViolations = route({
  method: 'get',
  path: '/v1/violations',
  id: 'listViolations',
  tag: 'Mappings',
  summary: 'What messages broke of the tracking plan, counted, with examples',
  access: 'viewer',
  query: z.object({
    event: z.string().optional().meta({ description: 'Segment’s name of the event.' }),
    limit: lenientLimit(1000, 100),
  }),
  answer: violationList,
})

const getCoverage = route({
  method: 'get',
  path: '/v1/coverage',
  id: 'getCoverage',
  tag: 'Mappings',
  summary: 'Names and properties that the mapping table does not know or cannot read',
  access: 'viewer',
  query: z.object({
    messages: lenientLimit(100_000, 10_000).describe('How many of the latest to look at.'),
  }),
  answer: coverage,
})

export function addViolationRoutes(app: StoreApp, { database }: StoreOptions): void {
  addRoute(app, getViolations, async (context, { query: { event, limit } }) => {
    const { environment } = context.var
    const found = await listViolations(database.pool, environment, { event, limit })
    const violations = found.map((one) => ({ ...one, fix: planFinding(one.event, one).fix }))
    // A sender may name an event or a property after a person.
    return context.json(redact({ environment, violations }))
  })
  addRoute(app, getCoverage, async (context, { query: { messages } }) => {
    const { environment } = context.var
    const findings = await findUncovered(database.pool, environment, messages)
    return context.json(redact({ environment, findings: findings.map((one) => ({ ...one })) }))
  })
}
