// The ledger's sums (design 3.8): for every destination, accepted = the sum of its states, at any moment.
import type { Pool } from 'pg'
import { inSnapshot } from './database.ts'

export const DELIVERY_STATES = [
  'pending',
  'held',
  'retrying',
  'delivered',
  'filtered',
  'dead',
  'unknown',
] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

export interface Reconciliation {
  readonly environment: string
  readonly messages: {
    /** Distinct messages stored. */
    readonly stored: number
    /** Deliveries by Segment, repeats included: accepted + duplicates + unmapped + rejected. */
    readonly received: number
    readonly accepted: number
    /** Second messages for one fact, and repeats of one message. */
    readonly duplicates: number
    readonly unmapped: number
    readonly rejected: number
  }
  /** Facts: what has a ledger row per destination. */
  readonly events: number
  readonly destinations: Readonly<Record<string, DestinationSums>>
  /** True when every accepted event is one fact, and every destination has exactly one row for each it is owed. */
  readonly balanced: boolean
}

export type DestinationSums = Readonly<Record<DeliveryState, number>> & {
  readonly total: number
  /** Reason → count, for states that have one. */
  readonly reasons: Readonly<Record<string, number>>
}

/** Every sum is of the same instant. @throws TrackLayerError UNAVAILABLE */
export async function reconcile(pool: Pool, environment: string): Promise<Reconciliation> {
  return inSnapshot(pool, async (client) => {
    const messages = await client.query<Record<string, string>>(MESSAGES, [environment])
    const states = await client.query<StateRow>(DELIVERIES, [environment])
    const owed = await client.query<OwedRow>(OWED, [environment])
    return sums(environment, messages.rows[0] ?? {}, states.rows, owed.rows)
  })
}

const MESSAGES = `
  select count(*) as stored, coalesce(sum(receipts), 0) as received,
         count(*) filter (where outcome = 'accepted') as accepted,
         count(*) filter (where outcome = 'accepted' and kind = 'event') as accepted_events,
         count(*) filter (where outcome = 'unmapped') as unmapped,
         count(*) filter (where outcome = 'duplicate') as duplicates,
         (select count(*) from rejections where environment = $1) as rejected,
         (select count(*) from events where environment = $1) as events
  from messages where environment = $1`

const DELIVERIES = `
  select destination, state, reason, count(*) as count
  from deliveries where environment = $1 group by destination, state, reason`

// An event that came before a destination was added has no row for it and owes it none.
const OWED = `
  select destination,
         (select count(*) from events where environment = $1 and id >= first_event_id) as owed
  from (
    select destination, min(event_id) as first_event_id
    from deliveries where environment = $1 group by destination
  ) firsts`

interface StateRow {
  readonly destination: string
  readonly state: DeliveryState
  readonly reason: string | null
  readonly count: string
}

interface OwedRow {
  readonly destination: string
  readonly owed: string
}

function sums(
  environment: string,
  row: Record<string, string>,
  states: readonly StateRow[],
  owed: readonly OwedRow[],
): Reconciliation {
  const number = (name: string) => Number(row[name] ?? 0)
  const [stored, received, rejected] = [number('stored'), number('received'), number('rejected')]
  const destinations = Object.fromEntries(
    owed.map(({ destination }) => [
      destination,
      destinationSums(states.filter((state) => state.destination === destination)),
    ]),
  )
  return {
    environment,
    messages: {
      stored,
      received: received + rejected,
      accepted: number('accepted'),
      duplicates: number('duplicates') + received - stored,
      unmapped: number('unmapped'),
      rejected,
    },
    events: number('events'),
    destinations,
    balanced:
      number('accepted_events') === number('events') &&
      owed.every((row) => destinations[row.destination]?.total === Number(row.owed)),
  }
}

function destinationSums(rows: readonly StateRow[]): DestinationSums {
  const states = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as Record<
    DeliveryState,
    number
  >
  const reasons: Record<string, number> = {}
  for (const { state, reason, count } of rows) {
    states[state] += Number(count)
    if (reason !== null) reasons[reason] = (reasons[reason] ?? 0) + Number(count)
  }
  return { ...states, total: Object.values(states).reduce((sum, count) => sum + count, 0), reasons }
}
