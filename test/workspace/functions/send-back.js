// biome-ignore-all lint/correctness/noUnusedVariables: the host finds handlers by their name
// A destination function that sends what it gets to a source function's webhook, unless it came from there.
async function onTrack(event, settings) {
  if (event.context.origin === 'return path') return
  await fetch(settings.webhook, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      calls: [
        {
          method: 'track',
          fields: { event: 'Confirmed', userId: event.userId, context: { origin: 'return path' } },
        },
      ],
    }),
  })
}
