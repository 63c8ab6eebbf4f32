// Both platforms take the time of an event as Unix seconds; a mapping gives ISO 8601, seconds or milliseconds.

// Seconds pass this in the year 5138; milliseconds passed it in 1973.
const FIRST_MILLISECONDS = 100_000_000_000

/** Whole Unix seconds, or null for what is no time. */
export function unixSeconds(time: string | number): number | null {
  const number = typeof time === 'number' || /^\d+(\.\d+)?$/.test(time) ? Number(time) : null
  if (number === null) return wholeSeconds(Date.parse(time as string) / 1000)
  return wholeSeconds(number >= FIRST_MILLISECONDS ? number / 1000 : number)
}

function wholeSeconds(seconds: number): number | null {
  return seconds > 0 && seconds < Number.POSITIVE_INFINITY ? Math.floor(seconds) : null
}
