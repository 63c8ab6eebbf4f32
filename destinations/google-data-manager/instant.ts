// An actions-core `datetime`: ISO 8601, Unix seconds or milliseconds.

// Seconds pass this in the year 5138; milliseconds passed it in 1973.
const FIRST_MILLISECONDS = 100_000_000_000

/** Milliseconds since the epoch; NaN for what is no instant. */
export function millisecondsOf(time: string | number): number {
  const number = typeof time === 'number' || /^\d+(\.\d+)?$/.test(time) ? Number(time) : null
  if (number === null) return Date.parse(time as string)
  return number >= FIRST_MILLISECONDS ? number : number * 1000
}
