// Where a search for messages begins: each way has an index, and each page reads about as many rows as it shows.
import type { DeliveryState } from './ledger.ts'
import { cleanText } from './text.ts'

/** Whatever is left out does not matter; what is given holds all at once. */
export interface EventFilter {
  /** One text, held against message id, event id, order and person. */
  readonly q?: string
  readonly message_id?: string
  readonly event_id?: string
  readonly order_id?: string
  /** A user id, anonymous id, email or phone. */
  readonly user?: string
  /** Canonical name: facts only, no duplicates. */
  readonly name?: string
  /** Some delivery of it is in this state. */
  readonly state?: DeliveryState
  /** … at this destination. */
  readonly destination?: string
  readonly outcome?: 'accepted' | 'duplicate' | 'unmapped'
}

/** Ends a page: the arrival and id of its last message, or its last event's number where events are walked. */
export type EventCursor =
  | { readonly kind: 'arrival'; readonly at: string; readonly messageId: string }
  | { readonly kind: 'event'; readonly id: string }

export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
  readonly walks: EventCursor['kind']
}

// Few rows among many: an index of their own (deliveries_stuck). The others are found by walking the latest events.
export const STUCK: ReadonlySet<DeliveryState> = new Set(['held', 'retrying', 'dead', 'unknown'])
/** Events looked at for a page by a common state; where none has it, the page ends here and says where to go on. */
export const MOST_LOOKED_AT = 1000

/** The statement of a page: rows of message_id, its event's number and the arrival, newest first. */
export function searchStatement(
  environment: string,
  filter: EventFilter,
  cursor: EventCursor | null,
  limit: number,
): Statement {
  const values: unknown[] = [environment, limit]
  const place = (value: unknown) => `$${values.push(value)}`
  const text = isLookup(filter)
    ? byArrival(filter, cursor, place)
    : filter.state
      ? byState(filter, filter.state, cursor, place)
      : filter.name !== undefined
        ? byName(filter.name, filter, cursor, place)
        : byArrival(filter, cursor, place)
  const walks = !isLookup(filter) && filter.state ? 'event' : 'arrival'
  return { text, values, walks }
}

type Place = (value: unknown) => string

function isLookup({ q, message_id, event_id, order_id, user }: EventFilter): boolean {
  return [q, message_id, event_id, order_id, user].some((given) => given !== undefined)
}

// A duplicate leads to the event that counts instead of its own.
const EVENT_OF_MESSAGE = `
  left join lateral (
    select e.id, e.name from events e
    where e.environment = m.environment and e.event_id = m.event_id
    order by e.message_id = m.message_id desc, e.id limit 1
  ) e on true`

function byArrival(filter: EventFilter, cursor: EventCursor | null, place: Place): string {
  const found = lookups(filter, place)
  return `
    select m.message_id, e.id::text as event_row, m.received_at from messages m ${EVENT_OF_MESSAGE}
    where m.environment = $1
      ${found.length > 0 ? `and m.message_id = any(array(${found.join(' intersect ')}))` : ''}
      ${before('m', cursor, place)} ${conditions(filter, place)}
    order by m.received_at desc, m.message_id desc limit $2`
}

function byName(
  name: string,
  filter: EventFilter,
  cursor: EventCursor | null,
  place: Place,
): string {
  return `
    select e.message_id, e.id::text as event_row, e.received_at
    from events e join messages m on m.environment = e.environment and m.message_id = e.message_id
    where e.environment = $1 and e.name = ${place(cleanText(name))}
      ${before('e', cursor, place)} ${conditions({ ...filter, name: undefined }, place)}
    order by e.received_at desc, e.message_id desc limit $2`
}

// The state stands in the text: a parameter would keep the planner from the partial index. Lateral with a limit: `exists`
// becomes a join that reads the whole ledger when few rows are thought to be in the state.
function byState(
  filter: EventFilter,
  state: DeliveryState,
  cursor: EventCursor | null,
  place: Place,
): string {
  const last = cursor?.kind === 'event' ? `and ID < ${place(cursor.id)}::bigint` : ''
  const at =
    filter.destination === undefined
      ? ''
      : `and d.destination = ${place(cleanText(filter.destination))}`
  const found = STUCK.has(state)
    ? `select distinct d.event_id as id from deliveries d
       where d.environment = $1 and d.state = '${state}' ${last.replace('ID', 'd.event_id')} ${at}`
    : `select e.id from (
         select id from events where environment = $1 ${last.replace('ID', 'id')} order by id desc limit ${MOST_LOOKED_AT}
       ) e cross join lateral (
         select from deliveries d where d.event_id = e.id and d.state = '${state}' ${at} limit 1
       ) delivery`
  return `
    select e.message_id, e.id::text as event_row, e.received_at
    from (${found}) found join events e on e.id = found.id
    join messages m on m.environment = e.environment and m.message_id = e.message_id
    where true ${conditions({ ...filter, state: undefined, destination: undefined }, place)}
    order by found.id desc limit $2`
}

function before(table: 'm' | 'e', cursor: EventCursor | null, place: Place): string {
  if (cursor?.kind !== 'arrival') return ''
  const last = `(${place(cursor.at)}::timestamptz, ${place(cursor.messageId)}::text)`
  return `and (${table}.received_at, ${table}.message_id) < ${last}`
}

type Conditions = {
  readonly [Key in 'name' | 'state' | 'destination' | 'outcome']?: string | undefined
}

function conditions({ name, state, destination, outcome }: Conditions, place: Place): string {
  const parts: string[] = []
  if (name !== undefined) parts.push(`and e.name = ${place(cleanText(name))}`)
  // In the text for its partial index; the schema of the request knows no other words.
  if (outcome !== undefined) parts.push(`and m.outcome = '${outcome}'`)
  if (state !== undefined || destination !== undefined) {
    const inState = state === undefined ? '' : `and d.state = ${place(state)}`
    const at =
      destination === undefined ? '' : `and d.destination = ${place(cleanText(destination))}`
    parts.push(`and exists (select from deliveries d where d.event_id = e.id ${inState} ${at})`)
  }
  return parts.join(' ')
}

const BY_MESSAGE = (q: string) =>
  `select message_id from messages where environment = $1 and message_id = ${q}`

// With the messages that state the same event again.
const OF_EVENTS = (which: string) => `
  select message_id from events where environment = $1 and ${which}
  union all
  select m.message_id from events e
  join messages m on m.environment = $1 and m.event_id = e.event_id and m.outcome = 'duplicate'
  where e.environment = $1 and e.${which}`

const MOST_OF_A_PERSON = 5000

// Of each profile that the text leads to, merges followed both ways.
const BY_PERSON = (q: string) => `
  select m.message_id from (
    select distinct member.id from identifiers i
    join profiles p on p.id = i.profile_id
    join profiles member on member.id = coalesce(p.merged_into, p.id) or member.merged_into = coalesce(p.merged_into, p.id)
    where i.environment = $1 and i.type in ('user_id', 'anonymous_id', 'email', 'phone') and i.value = ${q}
  ) person
  cross join lateral (
    select message_id from messages where profile_id = person.id order by received_at desc limit ${MOST_OF_A_PERSON}
  ) m`

function lookups(filter: EventFilter, place: Place): string[] {
  const found: string[] = []
  const add = (given: string | undefined, ...ways: ((q: string) => string)[]) => {
    if (given === undefined) return
    const q = `${place(cleanText(given))}::text`
    found.push(`(${ways.map((way) => way(q)).join(' union all ')})`)
  }
  const byEvent = (q: string) => OF_EVENTS(`event_id = ${q}`)
  const byOrder = (q: string) => OF_EVENTS(`order_id = ${q}`)
  add(filter.q, BY_MESSAGE, byEvent, byOrder, BY_PERSON)
  add(filter.message_id, BY_MESSAGE)
  add(filter.event_id, byEvent)
  add(filter.order_id, byOrder)
  add(filter.user, BY_PERSON)
  return found
}
