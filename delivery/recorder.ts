// Collects outcomes while one transaction is being written and writes the next with all of them: under load one commit
// serves many deliveries, and alone a delivery waits for nobody.
import { messageOf } from '../core/errors.ts'
import { type DeliveryRecord, recordDeliveries } from '../store/deliveries.ts'
import type { Destination } from './destination.ts'
import type { WorkerOptions } from './worker.ts'

export interface Recorder {
  /** Resolves once the outcomes are on record, or known to be lost to the log. */
  add(records: readonly DeliveryRecord[]): Promise<void>
}

export function createRecorder(
  { database, log, onRecorded }: WorkerOptions,
  destination: Destination,
): Recorder {
  let waiting: DeliveryRecord[] = []
  let writing: Promise<void> = Promise.resolve()
  let scheduled: Promise<void> | null = null

  const flush = async () => {
    scheduled = null
    const records = waiting
    waiting = []
    try {
      await recordDeliveries(database, records)
      for (const record of records) onRecorded?.(destination, record)
    } catch (error) {
      // The claims expire and the deliveries are tried again, with the same event_id.
      log(
        'error',
        `${destination.name}: cannot record ${records.length} outcome(s): ${messageOf(error)}`,
      )
    }
  }
  return {
    add: (records) => {
      waiting.push(...records)
      if (!scheduled) {
        scheduled = writing.then(flush)
        writing = scheduled
      }
      return scheduled
    },
  }
}
