// biome-ignore-all lint/correctness/noUnusedVariables: the host finds handlers by their name
async function onTrack() {
  console.log(JSON.stringify({ at: new Date().toISOString(), now: Date.now() }))
  throw new RetryError('store is down')
}
