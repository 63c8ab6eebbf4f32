// Collects outcomes while others are being written and writes the next with all of them: under load one commit serves many
// deliveries, and alone a delivery waits for nobody. What fills a transaction goes beside one that is being written, so that
// the database works on one while the next is put together.
import { messageOf } from '../core/errors.ts'
import { type DeliveryRecord, recordDeliveries } from '../store/deliveries.ts'
import { turn } from '../store/turns.ts'
import type { Destination } from './destination.ts'
import type { WorkerOptions } from './worker.ts'

export interface Recorder {
  /** Resolves once the outcomes are on record, or known to be lost to the log. */
  add(records: readonly DeliveryRecord[]): Promise<void>
}

const MOST_TOGETHER = 256
const MOST_WRITING = 2

interface Waiting {
  readonly record: DeliveryRecord
  readonly done: () => void
}

export function createRecorder(
  { database, log, onRecorded }: WorkerOptions,
  destination: Destination,
): Recorder {
  const waiting: Waiting[] = []
  let writing = 0

  const writeNext = (): void => {
    const mayWrite = writing === 0 || (writing < MOST_WRITING && waiting.length >= MOST_TOGETHER)
    if (mayWrite && waiting.length > 0) void write()
  }

  const write = async () => {
    writing++
    await turn()
    const taken = waiting.splice(0, MOST_TOGETHER)
    writeNext()
    const records = taken.map(({ record }) => record)
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
    for (const { done } of taken) done()
    writing--
    writeNext()
  }

  return {
    add: (records) =>
      new Promise((resolve) => {
        let left = records.length
        if (left === 0) resolve()
        const done = () => {
          if (--left === 0) resolve()
        }
        waiting.push(...records.map((record) => ({ record, done })))
        writeNext()
      }),
  }
}
