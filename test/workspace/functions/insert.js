// biome-ignore-all lint/correctness/noUnusedVariables: the host finds handlers by their name
// An insert function: marks what passes, drops what is internal.
async function onTrack(event) {
  if (event.event === 'Internal') throw new DropEvent('internal event')
  if (event.event === 'Later') throw new RetryError('not yet')
  if (event.event === 'Forgotten') return
  event.properties.inserted = true
  return event
}
