// The account of webhook requests: the state of each after its latest attempt.
import type { RequestRecord } from './source-function.ts'

export interface RequestLog {
  record(record: RequestRecord): void
  /** The newest `keep` requests, in order of arrival. */
  list(): readonly RequestRecord[]
}

export function createRequestLog(
  keep: number,
  onRequest: (record: RequestRecord) => void,
): RequestLog {
  const records = new Map<string, RequestRecord>()
  return {
    record(record) {
      records.set(record.requestId, record)
      const [oldest] = records.keys()
      if (oldest !== undefined && records.size > keep) records.delete(oldest)
      onRequest(record)
    },
    list: () => [...records.values()],
  }
}
