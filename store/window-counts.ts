// The counts of a window: from the tallies of minutes that are over, and from the tables for what lies between them.
import type { PoolClient } from 'pg'
import {
  countOrders,
  countPurchases,
  countSpans,
  type MessageCount,
  type OrderCount,
  type Purchases,
  type SettledCount,
  type SlotCount,
  type Span,
} from './minute-counts.ts'
import { MINUTE_MS, type MinuteTally, readTallies, spansWithout } from './minute-tallies.ts'

export interface WindowCounts {
  readonly messages: readonly MessageCount[]
  readonly rejected: readonly SlotCount[]
  readonly settled: readonly SettledCount[]
  readonly purchases: Purchases
  readonly orderStates: readonly OrderCount[]
  /** False where more orders are open than are looked at: the oldest of them are left out. */
  readonly hasAllOrders: boolean
}

/** Open orders looked at one by one: a day of an outage is more than a glance needs. */
const MOST_OPEN = 5000

export interface WindowOptions {
  readonly environment: string
  readonly span: Span
  /** Of the pieces counted; a minute or more can use the tallies. */
  readonly slotMs: number
}

export async function countWindow(
  client: Pick<PoolClient, 'query'>,
  { environment, span, slotMs }: WindowOptions,
): Promise<WindowCounts> {
  const tallies = slotMs < MINUTE_MS ? [] : await readTallies(client, environment, span)
  const spans = spansWithout(tallies, span)
  const slots = { origin: span.from, slotMs: Math.min(slotMs, MINUTE_MS) }
  const live = await countSpans(client, environment, spans, slots)
  const open = tallies.flatMap(({ counts }) => counts.orders.open)
  const latestOpen = open.slice(-MOST_OPEN)
  const openStates = await countOrders(client, environment, latestOpen, spans)
  return {
    messages: [...tallies.flatMap(messagesOf), ...live.messages],
    rejected: [...tallies.map(rejectedOf), ...live.rejected],
    settled: [...tallies.flatMap(settledOf), ...live.settled],
    purchases: tallies.reduce(
      (sum, { counts: { orders } }) => ({
        count: sum.count + orders.count,
        unbalanced: sum.unbalanced + orders.unbalanced,
      }),
      await countPurchases(client, environment, spans),
    ),
    orderStates: [...tallies.flatMap(finalOf), ...openStates],
    hasAllOrders: open.length <= MOST_OPEN,
  }
}

function messagesOf({ minute, counts }: MinuteTally): MessageCount[] {
  return Object.entries(counts.messages).map(([outcome, count]) => ({
    begins_at: minute,
    outcome: outcome as MessageCount['outcome'],
    count,
  }))
}

function rejectedOf({ minute, counts }: MinuteTally): SlotCount {
  return { begins_at: minute, count: counts.rejected }
}

function settledOf({ minute, counts }: MinuteTally): SettledCount[] {
  return statesOf(counts.settled).map((row) => ({ begins_at: minute, ...row }))
}

function finalOf({ counts }: MinuteTally): OrderCount[] {
  return statesOf(counts.orders.final)
}

function statesOf(
  counts: Readonly<Record<string, Readonly<Record<string, number>>>>,
): OrderCount[] {
  return Object.entries(counts).flatMap(([destination, states]) =>
    Object.entries(states).map(([state, count]) => ({
      destination,
      state: state as OrderCount['state'],
      count,
    })),
  )
}
