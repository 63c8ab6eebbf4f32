// biome-ignore-all lint/correctness/noUnusedVariables: the host finds handlers by their name
// A source function that prints how often the callback of its cache ran.
let runs = 0

async function onRequest() {
  await cache.load('key', -1, async () => {
    runs += 1
  })
  console.log(runs)
}
