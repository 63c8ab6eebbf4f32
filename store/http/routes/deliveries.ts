// POST /v1/deliveries/:id/release, /withdraw and /settle; POST /v1/deliveries/release and /withdraw for what is held at
// one destination for one reason.
import { z } from 'zod'
import { type AuditAction, recordAudit } from '../../audit-log.ts'
import {
  MOST_OF_A_GROUP,
  releaseDelivery,
  releaseGroup,
  settleAsDelivered,
  withdrawDelivery,
  withdrawGroup,
} from '../../waiting-deliveries.ts'
import { changedDelivery, changedGroup } from '../answers/deliveries.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { addRoute, route } from '../route.ts'

const note = z
  .string()
  .trim()
  .max(500)
  .optional()
  .meta({ description: 'Kept with the delivery.', examples: ['asked by the customer'] })
const actBody = z.strictObject({ note })
const groupBody = z.strictObject({
  destination: z
    .string({ error: 'want the name of a destination' })
    .min(1)
    .meta({ examples: ['meta'] }),
  reason: z
    .string({ error: 'want the reason they are held for, e.g. consent_unknown' })
    .min(1)
    .meta({ examples: ['consent_unknown'] }),
  note,
})

const actOnOne = (name: 'release' | 'withdraw' | 'settle', summary: string) =>
  route({
    method: 'post',
    path: `/v1/deliveries/:id/${name}`,
    id: `${name}Delivery`,
    tag: 'Deliveries',
    summary,
    access: 'operator',
    params: { id: 'The delivery_id.' },
    body: actBody,
    answer: changedDelivery,
    errors: ['not_found', 'conflict'],
  })

const actOnGroup = (name: 'release' | 'withdraw', summary: string) =>
  route({
    method: 'post',
    path: `/v1/deliveries/${name}`,
    id: `${name}HeldDeliveries`,
    tag: 'Deliveries',
    summary,
    details: `${MOST_OF_A_GROUP} in one call at the most; the next call goes on.`,
    access: 'operator',
    body: groupBody,
    answer: changedGroup,
  })

interface Act {
  readonly name: string
  readonly audit: AuditAction
  readonly one: ReturnType<typeof actOnOne>
  readonly onOne: typeof releaseDelivery
}

interface GroupAct extends Act {
  readonly group: ReturnType<typeof actOnGroup>
  readonly onGroup: typeof releaseGroup
}

const GROUP_ACTS: readonly GroupAct[] = [
  {
    name: 'release',
    audit: 'delivery.released',
    one: actOnOne('release', 'Has a held delivery decided again now'),
    onOne: releaseDelivery,
    group: actOnGroup('release', 'The same for what is held at one destination for one reason'),
    onGroup: releaseGroup,
  },
  {
    name: 'withdraw',
    audit: 'delivery.withdrawn',
    one: actOnOne('withdraw', 'Ends a delivery that waits, unsent'),
    onOne: withdrawDelivery,
    group: actOnGroup('withdraw', 'The same for what is held at one destination for one reason'),
    onGroup: withdrawGroup,
  },
]

const ACTS: readonly Act[] = [
  ...GROUP_ACTS,
  {
    name: 'settle',
    audit: 'delivery.settled',
    one: actOnOne('settle', 'Says of a delivery whose answer was lost that it arrived'),
    onOne: settleAsDelivered,
  },
]

export function addDeliveryRoutes(app: StoreApp, { database, log }: StoreOptions): void {
  for (const { name, audit, one, onOne } of ACTS) {
    addRoute(app, one, async (context, { body }) => {
      const { environment, principal } = context.var
      const id = context.req.param('id')
      const act = { environment, actor: principal.actor, note: body.note || null }
      const result = await onOne(database, act, id)
      if (result.kind === 'not_found')
        return errorAnswer(context, 404, 'not_found', `No delivery "${id}" in ${environment}`)
      if (result.kind === 'refused') return errorAnswer(context, 409, 'conflict', result.message)
      const { delivery_id, destination, message_id } = result.delivery
      const target = `delivery ${delivery_id} to ${destination}, message ${message_id}`
      await recordAudit(database, principal, audit, target)
      log('info', `${target} (${environment}): ${name} by ${principal.actor}`)
      return result.delivery
    })
  }
  for (const { name, audit, group, onGroup } of GROUP_ACTS) {
    addRoute(app, group, async (context, { body: { destination, reason, note: given } }) => {
      const { environment, principal } = context.var
      const act = { environment, actor: principal.actor, note: given || null }
      const result = await onGroup(database, act, { destination, reason })
      const target = `${result.changed} held to ${destination}, ${reason}`
      if (result.changed > 0) await recordAudit(database, principal, audit, target)
      log('info', `${target} (${environment}): ${name} by ${principal.actor}`)
      return result
    })
  }
}
