// biome-ignore-all lint/correctness/noUnusedVariables: the host finds handlers by their name
// Module state: lives as long as its container.
let calls = 0

async function onTrack(event) {
  calls += 1
  event.properties.seenBy = calls
  console.log(JSON.stringify({ calls, properties: event.properties }))
}
