// The account of what happened: one record for each accepted message and connected destination function.

export type DeliveryStatus = 'pending' | 'delivered' | 'discarded' | 'retrying' | 'expired'

export interface Delivery {
  readonly destination: string
  readonly messageId: string
  readonly status: DeliveryStatus
  readonly attempts: number
  /** Why it was discarded, is retried or expired, as Event Delivery would show it. */
  readonly reason: string | null
}

export type DeliveryCounts = Record<DeliveryStatus, number>

/** The one delivery's handle: `update` is how its state moves on. */
export interface DeliveryEntry {
  readonly record: Delivery
  update(change: Partial<Pick<Delivery, 'status' | 'attempts' | 'reason'>>): void
}

export interface DeliveryLog {
  open(destination: string, messageId: string): DeliveryEntry
  /** The newest records, in order of arrival. */
  list(): readonly Delivery[]
  counts(destination: string): DeliveryCounts
}

export interface DeliveryLogOptions {
  /** Finished records kept for `list`; counts are exact whatever is kept. */
  readonly keep: number
  readonly onDelivery: (delivery: Delivery) => void
}

export function createDeliveryLog({ keep, onDelivery }: DeliveryLogOptions): DeliveryLog {
  const entries = new Set<DeliveryEntry>()
  const counts = new Map<string, DeliveryCounts>()

  function countsOf(destination: string): DeliveryCounts {
    const known = counts.get(destination) ?? noDeliveries()
    counts.set(destination, known)
    return known
  }

  // A forgotten record may still be open: its holder goes on updating it, and the counts stay right.
  function forgetOldest() {
    const [oldest] = entries
    if (oldest && entries.size > keep) entries.delete(oldest)
  }

  return {
    open(destination, messageId) {
      const count = countsOf(destination)
      let record: Delivery = {
        destination,
        messageId,
        status: 'pending',
        attempts: 0,
        reason: null,
      }
      const entry: DeliveryEntry = {
        get record() {
          return record
        },
        update(change) {
          count[record.status] -= 1
          record = { ...record, ...change }
          count[record.status] += 1
          onDelivery(record)
        },
      }
      count.pending += 1
      entries.add(entry)
      forgetOldest()
      return entry
    },
    list: () => [...entries].map(({ record }) => record),
    counts: (destination) => ({ ...countsOf(destination) }),
  }
}

function noDeliveries(): DeliveryCounts {
  return { pending: 0, delivered: 0, discarded: 0, retrying: 0, expired: 0 }
}
