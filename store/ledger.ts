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
    /** Of these, what states a fact: as many as there are events. */
    readonly accepted_events: number
    /** Second messages for one fact, and repeats of one message. */
    readonly duplicates: number
    readonly unmapped: number
    readonly rejected: number
  }
  /** Facts that messages stated: what has a ledger row per destination. */
  readonly events: number
  /** Changes of membership, each an event too, owed to the destinations of its audience. */
  readonly transitions: number
  /** Deliveries owed, by what was on when each event came: as many as the ledger has rows. */
  readonly owed: number
  readonly destinations: Readonly<Record<string, DestinationSums>>
  /** True when every accepted event is one fact, every transition one event, and each has a row wherever it is owed. */
  readonly balanced: boolean
}

export type DestinationSums = Readonly<Record<DeliveryState, number>> & {
  readonly total: number
  /** State → reason → count, for every state but delivered. */
  readonly reasons: Readonly<Partial<Record<DeliveryState, Readonly<Record<string, number>>>>>
}

/** Every sum is of the same instant. @throws TrackLayerError UNAVAILABLE */
export async function reconcile(pool: Pool, environment: string): Promise<Reconciliation> {
  return inSnapshot(pool, async (client) => {
    const messages = await client.query<Record<string, string>>(MESSAGES, [environment])
    const states = await client.query<StateRow>(DELIVERIES, [environment])
    return sums(environment, messages.rows[0] ?? {}, states.rows)
  })
}

const MESSAGES = `
  select count(*) as stored, coalesce(sum(receipts), 0) as received,
         count(*) filter (where outcome = 'accepted') as accepted,
         count(*) filter (where outcome = 'accepted' and kind = 'event') as accepted_events,
         count(*) filter (where outcome = 'unmapped') as unmapped,
         count(*) filter (where outcome = 'duplicate') as duplicates,
         (select count(*) from rejections where environment = $1) as rejected,
         (select count(*) from events where environment = $1 and transition_id is null) as events,
         (select count(*) from events where environment = $1 and transition_id is not null) as transition_events,
         (select count(*) from membership_transitions where environment = $1) as transitions,
         (select coalesce(sum(owed), 0) from events where environment = $1) as owed
  from messages where environment = $1`

const DELIVERIES = `
  select destination, state, reason, count(*) as count
  from deliveries where environment = $1 group by destination, state, reason`

interface StateRow {
  readonly destination: string
  readonly state: DeliveryState
  readonly reason: string | null
  readonly count: string
}

function sums(
  environment: string,
  row: Record<string, string>,
  states: readonly StateRow[],
): Reconciliation {
  const number = (name: string) => Number(row[name] ?? 0)
  const [stored, received, rejected] = [number('stored'), number('received'), number('rejected')]
  const names = [...new Set(states.map(({ destination }) => destination))].sort()
  const destinations = Object.fromEntries(
    names.map((name) => [
      name,
      destinationSums(states.filter(({ destination }) => destination === name)),
    ]),
  )
  const rows = Object.values(destinations).reduce((sum, { total }) => sum + total, 0)
  return {
    environment,
    messages: {
      stored,
      received: received + rejected,
      accepted: number('accepted'),
      accepted_events: number('accepted_events'),
      duplicates: number('duplicates') + received - stored,
      unmapped: number('unmapped'),
      rejected,
    },
    events: number('events'),
    transitions: number('transitions'),
    owed: number('owed'),
    destinations,
    balanced:
      number('accepted_events') === number('events') &&
      number('transitions') === number('transition_events') &&
      rows === number('owed'),
  }
}

function destinationSums(rows: readonly StateRow[]): DestinationSums {
  const states = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as Record<
    DeliveryState,
    number
  >
  const reasons: Partial<Record<DeliveryState, Record<string, number>>> = {}
  for (const { state, reason, count } of rows) {
    states[state] += Number(count)
    if (reason !== null) reasons[state] = { ...reasons[state], [reason]: Number(count) }
  }
  return { ...states, total: Object.values(states).reduce((sum, count) => sum + count, 0), reasons }
}
