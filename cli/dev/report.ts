// The end of a sample run: the ledger's sums, and what the shop knows held against what arrived.
import type { JsonObject } from '../../core/json.ts'
import { objectAt } from '../../core/json.ts'
import type { DestinationSums, Reconciliation } from '../../store/ledger.ts'
import type { TwinSummary } from '../../workspace/twins/twins.ts'
import { type AudienceReport, audienceFaults } from './audience-report.ts'
import type { Platforms } from './platforms.ts'
import type { Receiver } from './receiver.ts'
import type { ShopTruth } from './shop.ts'
import type { Stage } from './stage.ts'

/** The one JSON object of `--json`. */
export interface Report {
  /** Deliveries by Segment: accepted + duplicates + unmapped + rejected. */
  readonly messages: number
  readonly accepted: number
  readonly duplicates: number
  readonly unmapped: number
  readonly rejected: number
  readonly events: number
  readonly deliveries: Readonly<Record<string, DestinationSums>>
  /** Destination → what its platform counted, by the platform's own rules, and why not the rest. */
  readonly platforms: Readonly<Record<string, TwinSummary>>
  /** Distinct conversions that came back into Segment. */
  readonly returned: number
  readonly orders: {
    readonly placed: number
    readonly counted: number
    readonly twice: number
    readonly lost: number
  }
  /** Audience → who is in it, and what members and everybody else bought. */
  readonly audiences: Readonly<Record<string, AudienceReport>>
  readonly balanced: boolean
  /** What did not come out as it must; empty in a good run. */
  readonly faults: readonly string[]
}

export function makeReport(
  ledger: Reconciliation,
  truth: ShopTruth,
  { receiver, platforms, returned }: Pick<Stage, 'receiver' | 'platforms' | 'returned'>,
  audiences: Readonly<Record<string, AudienceReport>>,
): Report {
  const { messages, events, destinations, balanced } = ledger
  const counts = countOrders(receiver)
  const twice = [...counts.values()].filter((count) => count > 1).length
  const lost = [...truth.orders.keys()].filter((order) => !counts.has(order)).length
  const distinctReturns = new Set(returned.map(({ messageId }) => messageId))
  const returnedOrders = ordersIn(returned)
  const faults = [
    ...(balanced ? [] : ['the ledger does not balance']),
    ...(messages.received === sum(messages) ? [] : ['messages do not add up to their outcomes']),
    ...(messages.stored === truth.distinct
      ? []
      : [`${truth.distinct} messages sent, ${messages.stored} stored`]),
    ...(twice === 0 ? [] : [`${twice} orders reached the receiver under two ids`]),
    ...(lost === 0 ? [] : [`${lost} orders never reached the receiver`]),
    ...(returnedOrders === truth.orders.size
      ? []
      : [`${truth.orders.size} orders, ${returnedOrders} returned`]),
    ...platformFaults(platforms, truth),
    ...audienceFaults(audiences, truth.audiences),
    ...(receiver.refused === 0 ? [] : [`${receiver.refused} requests had no valid signature`]),
  ]
  return {
    messages: messages.received,
    accepted: messages.accepted,
    duplicates: messages.duplicates,
    unmapped: messages.unmapped,
    rejected: messages.rejected,
    events,
    deliveries: destinations,
    platforms: platforms.summaries(),
    returned: distinctReturns.size,
    orders: { placed: truth.orders.size, counted: counts.size, twice, lost },
    audiences,
    balanced,
    faults,
  }
}

// A platform that counted an order twice, or one that nobody placed, was told something wrong.
function platformFaults(platforms: Platforms, { orders }: ShopTruth): string[] {
  return Object.entries(platforms.countedOrders()).flatMap(([name, counted]) => {
    const twice = counted.length - new Set(counted).size
    const invented = counted.filter((order) => !orders.has(order)).length
    return [
      ...(twice > 0 ? [`${name} counted ${twice} orders twice`] : []),
      ...(invented > 0 ? [`${name} counted ${invented} orders that nobody placed`] : []),
    ]
  })
}

function sum({ accepted, duplicates, unmapped, rejected }: Reconciliation['messages']): number {
  return accepted + duplicates + unmapped + rejected
}

// The receiver counts by event id: an order that it counted twice came under two ids.
function countOrders({ counted }: Receiver): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { tracklayer_event, properties } of counted.values()) {
    if (tracklayer_event !== 'purchase') continue
    const order = String(properties.order_id)
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  return counts
}

function ordersIn(returned: readonly JsonObject[]): number {
  const orders = returned
    .map((message) => objectAt(message, 'properties'))
    .filter((properties) => properties?.tracklayer_event === 'purchase')
    .map((properties) => properties?.order_id)
  return new Set(orders).size
}
