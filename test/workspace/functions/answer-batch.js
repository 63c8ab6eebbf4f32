// biome-ignore-all lint/correctness/noUnusedVariables: the host finds handlers by their name
// Answers onBatch as the first event's properties.answer says, and prints what it got.
async function onTrack(event) {
  console.log(JSON.stringify({ handler: 'onTrack', events: [event.event] }))
}

async function onBatch(events) {
  console.log(JSON.stringify({ handler: 'onBatch', events: events.map(({ event }) => event) }))
  const { answer, error } = events[0].properties ?? {}
  if (error) throw new globalThis[error]('all of you')
  if (answer === 'statuses') {
    return events.map(({ properties }) => ({
      status: properties.status ?? 200,
      errormessage: properties.status ? `said ${properties.status}` : undefined,
    }))
  }
  return answer
}
