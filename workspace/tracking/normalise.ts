// What the Tracking API stamps on a message as it comes in (facts 6): ids, instants, the corrected time.
import type { Random } from '../../core/clock.ts'
import { type Json, type JsonObject, objectAt, textOf } from '../../core/json.ts'

export interface Arrival {
  readonly receivedAt: number
  /** The caller's address; null when there is no connection (direct use). */
  readonly ip: string | null
  readonly random: Random
  readonly projectId: string
}

/** The message as sources hand it on. `raw` has passed `faultOf`. */
export function normalise(raw: JsonObject, arrival: Arrival): JsonObject {
  const sentAt = instantOf(raw.sentAt)
  const suppliedAt = instantOf(raw.originalTimestamp ?? raw.timestamp)
  const receivedAt = new Date(arrival.receivedAt).toISOString()
  return {
    ...withCategory(raw),
    messageId: textOf(raw.messageId) ?? createMessageId(arrival.random),
    channel: raw.channel ?? channelOf(raw),
    context: withIp(objectAt(raw, 'context') ?? {}, raw, arrival.ip),
    integrations: raw.integrations ?? {},
    originalTimestamp: isoOf(suppliedAt ?? sentAt) ?? receivedAt,
    ...(sentAt === null ? {} : { sentAt: isoOf(sentAt) }),
    receivedAt,
    timestamp: isoOf(correctedTime(arrival.receivedAt, sentAt, suppliedAt)),
    projectId: arrival.projectId,
    version: raw.version ?? 2,
  }
}

// The sender's clock may be wrong, but it is as wrong in both of its stamps. Without `sentAt` there is nothing to
// correct by, and the supplied time stands (UNVERIFIED).
function correctedTime(
  receivedAt: number,
  sentAt: number | null,
  suppliedAt: number | null,
): number {
  if (suppliedAt === null) return receivedAt
  return sentAt === null ? suppliedAt : receivedAt - (sentAt - suppliedAt)
}

function withCategory(raw: JsonObject): JsonObject {
  if (raw.type !== 'page' || raw.category === undefined) return raw
  return { ...raw, properties: { category: raw.category, ...objectAt(raw, 'properties') } }
}

// Browsers cannot know their own address, so it is always taken from the connection; servers ask for it by `direct`.
function withIp(context: JsonObject, raw: JsonObject, ip: string | null): JsonObject {
  const isWanted = context.direct === true || channelOf(raw) === 'browser'
  return ip !== null && isWanted && context.ip === undefined ? { ...context, ip } : context
}

function channelOf(raw: JsonObject): string {
  return objectAt(raw.context, 'library')?.name === 'analytics.js' ? 'browser' : 'server'
}

function createMessageId(random: Random): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16))
  return `api-${digits.join('')}`
}

function instantOf(value: Json | undefined): number | null {
  const ms = typeof value === 'number' ? value : Date.parse(typeof value === 'string' ? value : '')
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? ms : null
}

function isoOf(ms: number | null): string | null {
  return ms === null || Math.abs(ms) > 8.64e15 ? null : new Date(ms).toISOString()
}
