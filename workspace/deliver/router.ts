// Which destination functions a message goes to: those connected to its source, unless its `integrations` say no.
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import type { DeliveryEntry, DeliveryLog } from './delivery-log.ts'
import type { DestinationFunction } from './destination-function.ts'

export interface Connection {
  readonly name: string
  /** The function's key in a message's `integrations`. */
  readonly displayName: string
  readonly sources: ReadonlySet<string>
  readonly destination: DestinationFunction
  /** Where a message enters: the destination function, or the insert function in front of it. */
  readonly accept: (message: JsonObject, entry: DeliveryEntry) => void
}

export interface Router {
  connect(connection: Connection): void
  /** Opens one delivery for each connected destination and hands the message over. */
  route(message: JsonObject, source: string): void
  /** Sends every batch that is forming. */
  flush(): void
  readonly formingCount: number
  names(): readonly string[]
  stop(): void
}

export function createRouter(deliveries: DeliveryLog): Router {
  const connections = new Map<string, Connection>()
  const destinations = () => [...connections.values()].map(({ destination }) => destination)
  return {
    connect: (connection) => void connections.set(connection.name, connection),
    route(message, source) {
      for (const { name, displayName, sources, accept } of connections.values()) {
        if (!sources.has(source)) continue
        const entry = deliveries.open(name, String(message.messageId))
        if (isEnabled(message.integrations, displayName)) accept(message, entry)
        else entry.update({ status: 'discarded', reason: 'Filtered by the integrations object' })
      }
    },
    flush() {
      for (const destination of destinations()) destination.flush()
    },
    get formingCount() {
      return destinations().reduce((sum, { formingCount }) => sum + formingCount, 0)
    },
    names: () => [...connections.keys()],
    stop() {
      for (const destination of destinations()) destination.stop()
    },
  }
}

// A destination is switched off by its display name, case-sensitively; `All: false` leaves only those named.
function isEnabled(integrations: Json | undefined, displayName: string): boolean {
  if (!isJsonObject(integrations)) return true
  const own = integrations[displayName]
  return own === undefined ? integrations.All !== false : own !== false
}
