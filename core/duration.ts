// Durations as the mapping files write them: `72h`, `7d`.
import { z } from 'zod'

export const HOUR_MS = 60 * 60 * 1000

/** In milliseconds. */
export const duration = z
  .string({ error: 'want a duration, e.g. 72h or 7d' })
  .regex(/^\d+[hd]$/, 'want a duration, e.g. 72h or 7d')
  .transform((text) => Number.parseInt(text, 10) * (text.endsWith('d') ? 24 : 1) * HOUR_MS)

// Longer than any history there is, and short enough for an interval of PostgreSQL.
const MAX_DURATION_MS = 100 * 366 * 24 * HOUR_MS

/** Null for text that is no duration of an hour to a hundred years. In milliseconds. */
export function readDuration(text: string): number | null {
  const read = duration.safeParse(text)
  return read.success && read.data > 0 && read.data <= MAX_DURATION_MS ? read.data : null
}
