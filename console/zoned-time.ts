// Instants as a form's field has them: the wall clock of the viewer's zone, without a zone of its own.

/** `2026-11-22T09:30` in the zone → the instant; null for what is no such text. */
export function instantOf(local: string, zone: string): string | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(local)) return null
  const wall = Date.parse(`${local}Z`)
  if (Number.isNaN(wall)) return null
  // The offset there and then; asked twice, because it may change between the guess and the instant.
  const guess = wall - offsetAt(wall, zone)
  return new Date(wall - offsetAt(guess, zone)).toISOString()
}

/** The instant as `2026-11-22T09:30` in the zone. */
export function localOf(instant: string, zone: string): string {
  const ms = Date.parse(instant)
  return new Date(ms + offsetAt(ms, zone)).toISOString().slice(0, 16)
}

function offsetAt(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  }).formatToParts(ms)
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value)
  const wall = Date.UTC(
    of('year'),
    of('month') - 1,
    of('day'),
    of('hour'),
    of('minute'),
    of('second'),
  )
  return wall - Math.floor(ms / 1000) * 1000
}
