// One request has one client: one client_id, one user_id, one consent. So events are grouped by all three, in their
// order, and a group is cut where the protocol's limits are reached.
import type { BuiltEvent, Client, CollectEvent } from './build-event.ts'
import { MAX_BODY_BYTES, MAX_EVENTS } from './limits.ts'

export interface CollectBody extends Client {
  readonly events: readonly CollectEvent[]
}

export interface Group {
  readonly body: CollectBody
  /** Positions of the events in what was given. */
  readonly positions: readonly number[]
}

/** `null` entries are skipped: their payloads could not be built. */
export function groupEvents(built: readonly (BuiltEvent | null)[]): Group[] {
  const clients = new Map<string, { client: Client; positions: number[] }>()
  built.forEach((each, position) => {
    if (!each) return
    const key = JSON.stringify(each.client)
    const known = clients.get(key)
    if (known) known.positions.push(position)
    else clients.set(key, { client: each.client, positions: [position] })
  })
  return [...clients.values()].flatMap(({ client, positions }) =>
    cut(positions, (position) => sizeOf(built[position]?.event)).map((part) => ({
      body: { ...client, events: part.map((position) => (built[position] as BuiltEvent).event) },
      positions: part,
    })),
  )
}

function cut(positions: readonly number[], size: (position: number) => number): number[][] {
  const parts: number[][] = []
  let bytes = 0
  for (const position of positions) {
    const more = size(position)
    const last = parts.at(-1)
    if (last && last.length < MAX_EVENTS && bytes + more <= MAX_BODY_BYTES) {
      last.push(position)
      bytes += more
    } else {
      parts.push([position])
      bytes = more
    }
  }
  return parts
}

const sizeOf = (event: unknown): number => Buffer.byteLength(JSON.stringify(event))
