// POST /v1/deliveries/:id/release, /withdraw and /settle; POST /v1/deliveries/release and /withdraw for what is held at
// one destination for one reason.
import { z } from 'zod'
import { type AuditAction, recordAudit } from '../../audit-log.ts'
import {
  type ActResult,
  type GroupResult,
  releaseDelivery,
  releaseGroup,
  settleAsDelivered,
  withdrawDelivery,
  withdrawGroup,
} from '../../waiting-deliveries.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { jsonBody, parseRequest } from '../parse-request.ts'

const note = z.string().trim().max(500).optional()
const actBody = z.strictObject({ note })
const groupBody = z.strictObject({
  destination: z.string({ error: 'want the name of a destination' }).min(1),
  reason: z.string({ error: 'want the reason they are held for, e.g. consent_unknown' }).min(1),
  note,
})

interface Act {
  readonly one: typeof releaseDelivery
  readonly group: typeof releaseGroup | null
  readonly audit: AuditAction
}

const ACTS: Readonly<Record<string, Act>> = {
  release: { one: releaseDelivery, group: releaseGroup, audit: 'delivery.released' },
  withdraw: { one: withdrawDelivery, group: withdrawGroup, audit: 'delivery.withdrawn' },
  settle: { one: settleAsDelivered, group: null, audit: 'delivery.settled' },
}

export function addDeliveryRoutes(app: StoreApp, { database, log }: StoreOptions): void {
  for (const [name, { one, group, audit }] of Object.entries(ACTS)) {
    app.post(`/v1/deliveries/:id/${name}`, async (context) => {
      const json = await jsonBody(context)
      if (json instanceof Response) return json
      const parsed = parseRequest(context, actBody, json)
      if (parsed instanceof Response) return parsed
      const { environment, principal } = context.var
      const id = context.req.param('id') ?? ''
      const act = { environment, actor: principal.actor, note: parsed.note || null }
      const result: ActResult = await one(database, act, id)
      if (result.kind === 'not_found')
        return errorAnswer(context, 404, 'not_found', `No delivery "${id}" in ${environment}`)
      if (result.kind === 'refused') return errorAnswer(context, 409, 'conflict', result.message)
      const { delivery_id, destination, message_id } = result.delivery
      const target = `delivery ${delivery_id} to ${destination}, message ${message_id}`
      await recordAudit(database, principal, audit, target)
      log('info', `${target} (${environment}): ${name} by ${principal.actor}`)
      return context.json(result.delivery)
    })
    if (group === null) continue
    app.post(`/v1/deliveries/${name}`, async (context) => {
      const json = await jsonBody(context)
      if (json instanceof Response) return json
      const parsed = parseRequest(context, groupBody, json)
      if (parsed instanceof Response) return parsed
      const { environment, principal } = context.var
      const { destination, reason } = parsed
      const act = { environment, actor: principal.actor, note: parsed.note || null }
      const result: GroupResult = await group(database, act, { destination, reason })
      const target = `${result.changed} held to ${destination}, ${reason}`
      if (result.changed > 0) await recordAudit(database, principal, audit, target)
      log('info', `${target} (${environment}): ${name} by ${principal.actor}`)
      return context.json(result)
    })
  }
}
