// biome-ignore-all lint/correctness/noUnusedVariables: the host finds handlers by their name
// Makes the calls that the body lists; then throws when the body says so.
async function onRequest(request) {
  const { calls = [], error } = request.json()
  for (const { method, fields } of calls) Segment[method](fields)
  if (error) throw new globalThis[error]('after emitting')
}
