// Engage in miniature: one audience, computed over what a workspace hands on, and stated as Engage states it.
import type { JsonObject } from '../../core/json.ts'
import { objectAt } from '../../core/json.ts'

export interface EngageOptions {
  readonly key: string
  /** Sum of `revenue` of Order Completed, less `value` of Order Refunded, from which a person is in. */
  readonly from: number
  readonly now: () => number
  /** Takes the messages of the Engage space, as a source of its own. */
  readonly send: (message: JsonObject) => void
}

/** Feed it every message of the workspace, whatever its source: Engage reads them all. */
export function createEngage({ key, from, now, send }: EngageOptions) {
  const spent = new Map<string, number>()
  const inside = new Set<string>()
  const seen = new Set<unknown>()
  let sent = 0

  function observe(message: JsonObject): void {
    const change = changeOf(message)
    const { userId, messageId } = message
    if (change === 0 || typeof userId !== 'string' || seen.has(messageId)) return
    seen.add(messageId)
    spent.set(userId, (spent.get(userId) ?? 0) + change)
    const isMember = (spent.get(userId) ?? 0) >= from
    if (isMember === inside.has(userId)) return
    if (isMember) inside.add(userId)
    else inside.delete(userId)
    send(stated(userId, isMember))
  }

  function stated(userId: string, isMember: boolean): JsonObject {
    const personas = {
      computation_class: 'audience',
      computation_id: `aud_${key}`,
      computation_key: key,
      namespace: 'spa_1',
      space_id: 'spa_1',
    }
    return {
      type: 'identify',
      messageId: `personas_${key}_${++sent}`,
      userId,
      timestamp: new Date(now()).toISOString(),
      traits: { [key]: isMember },
      context: { personas },
    }
  }
  return { observe }
}

function changeOf(message: JsonObject): number {
  const properties = objectAt(message, 'properties')
  if (message.event === 'Order Completed') return Number(properties?.revenue)
  return message.event === 'Order Refunded' ? -Number(properties?.value) : 0
}
