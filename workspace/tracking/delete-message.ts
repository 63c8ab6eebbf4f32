// The message by which Segment asks for a user's deletion. Unlike any other its `context` and `integrations` are arrays
// (Segment's guide for partners, "User deletion and suppression").
import type { Random } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'

export interface DeleteRequest {
  readonly userId: string
  readonly projectId: string
  readonly nowMs: number
  readonly random: Random
}

export function createDeleteMessage({
  userId,
  projectId,
  nowMs,
  random,
}: DeleteRequest): JsonObject {
  const at = new Date(nowMs).toISOString()
  return {
    type: 'delete',
    channel: 'server',
    messageId: `delete-${[8, 4, 4, 4, 12].map((length) => hex(random, length)).join('-')}`,
    projectId,
    userId,
    context: [],
    integrations: [],
    receivedAt: at,
    sentAt: at,
    originalTimestamp: at,
    timestamp: at,
  }
}

function hex(random: Random, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('')
}
