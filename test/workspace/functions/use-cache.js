// biome-ignore-all lint/correctness/noUnusedVariables: the host finds handlers by their name
// Loads through the cache what settings and event say, and prints value and how often the callback ran.
let runs = 0

async function onTrack(event) {
  const { key, ttl, fail, forget } = event.properties
  if (forget) cache.delete(key)
  const load = async () => {
    runs += 1
    if (fail) throw new Error('no value today')
    return `value ${runs}`
  }
  const value = await cache.load(key, ttl, load).catch((error) => error.message)
  console.log(JSON.stringify({ value, runs }))
}
