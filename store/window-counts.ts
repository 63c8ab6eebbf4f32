// The counts of a window: from the tallies of minutes that are over, and from the tables for what lies between them.
import type { PoolClient } from 'pg'
import type { DeliveryState } from './ledger.ts'
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
import {
  MINUTE_MS,
  type MinuteCounts,
  type MinuteTally,
  readTallies,
  spansWithout,
} from './minute-tallies.ts'

export interface WindowCounts {
  readonly messages: readonly MessageCount[]
  readonly rejected: readonly SlotCount[]
  readonly settled: readonly SettledCount[]
  /** What settled minute by minute, the latest first. */
  readonly latest: readonly SettledSlot[]
  readonly purchases: Purchases
  readonly orderStates: readonly OrderCount[]
  /** False where more orders are open than are looked at: the oldest of them are left out. */
  readonly hasAllOrders: boolean
}

export interface SettledSlot {
  readonly from: number
  readonly to: number
  /** Destination → state → count. */
  readonly settled: MinuteCounts['settled']
}

/** Open orders looked at one by one: a day of an outage is more than a glance needs. */
const MOST_OPEN = 5000

export interface WindowOptions {
  readonly environment: string
  readonly span: Span
  /** Of the pieces counted, from the span's beginning; a minute or more can use the tallies. */
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
  const slotOf = ({ minute }: MinuteTally) =>
    new Date(minute.getTime() - ((minute.getTime() - span.from.getTime()) % slotMs))
  return {
    messages: [
      ...folded(tallies, slotOf, ({ messages }) => ({ all: messages })).map(
        ({ destination: _, state, ...row }) => ({
          ...row,
          outcome: state as MessageCount['outcome'],
        }),
      ),
      ...live.messages,
    ],
    rejected: [...tallies.map(rejectedOf), ...live.rejected],
    settled: [...folded(tallies, slotOf, ({ settled }) => settled), ...live.settled],
    latest: latestFirst(tallies, live.settled, slots.slotMs),
    purchases: tallies.reduce(
      (sum, { counts: { orders } }) => ({
        count: sum.count + orders.count,
        unbalanced: sum.unbalanced + orders.unbalanced,
      }),
      await countPurchases(client, environment, spans),
    ),
    orderStates: [
      ...folded(
        tallies,
        () => span.from,
        ({ orders }) => orders.final,
      ),
      ...openStates,
    ],
    hasAllOrders: open.length <= MOST_OPEN,
  }
}

function rejectedOf({ minute, counts }: MinuteTally): SlotCount {
  return { begins_at: minute, count: counts.rejected }
}

// A week is ten thousand minutes: they are added up as they are read, not taken apart first.
function folded(
  tallies: readonly MinuteTally[],
  slotOf: (tally: MinuteTally) => Date,
  countsOf: (counts: MinuteCounts) => Readonly<Record<string, Readonly<Record<string, number>>>>,
): SettledCount[] {
  const slots = new Map<number, Map<string, Map<string, number>>>()
  for (const tally of tallies) {
    const slot = entryOf(
      slots,
      slotOf(tally).getTime(),
      () => new Map<string, Map<string, number>>(),
    )
    for (const [destination, states] of Object.entries(countsOf(tally.counts))) {
      const sums = entryOf(slot, destination, () => new Map<string, number>())
      for (const [state, count] of Object.entries(states))
        sums.set(state, (sums.get(state) ?? 0) + count)
    }
  }
  return [...slots].flatMap(([at, slot]) =>
    [...slot].flatMap(([destination, sums]) =>
      [...sums].map(([state, count]) => ({
        begins_at: new Date(at),
        destination,
        state: state as DeliveryState,
        count,
      })),
    ),
  )
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const created = create()
  map.set(key, created)
  return created
}

function latestFirst(
  tallies: readonly MinuteTally[],
  live: readonly SettledCount[],
  slotMs: number,
): SettledSlot[] {
  const slots = new Map<number, Record<string, Record<string, number>>>()
  for (const { begins_at, destination, state, count } of live) {
    const slot = entryOf(
      slots,
      begins_at.getTime(),
      () => ({}) as Record<string, Record<string, number>>,
    )
    slot[destination] = { ...slot[destination], [state]: count }
  }
  const counted = tallies.map(({ minute, counts }) => [minute.getTime(), counts.settled] as const)
  return [...counted, ...slots]
    .sort(([a], [b]) => b - a)
    .map(([from, settled]) => ({ from, to: from + slotMs, settled }))
}
