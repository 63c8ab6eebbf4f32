// Durations as the mapping files write them: `72h`, `7d`.
import { z } from 'zod'

export const HOUR_MS = 60 * 60 * 1000

/** In milliseconds. */
export const duration = z
  .string({ error: 'want a duration, e.g. 72h or 7d' })
  .regex(/^\d+[hd]$/, 'want a duration, e.g. 72h or 7d')
  .transform((text) => Number.parseInt(text, 10) * (text.endsWith('d') ? 24 : 1) * HOUR_MS)
