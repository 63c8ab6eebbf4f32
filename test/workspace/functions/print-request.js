// biome-ignore-all lint/correctness/noUnusedVariables: the host finds handlers by their name
// A source function that prints everything a request offers.
async function onRequest(request, settings) {
  const members = {}
  for (const name of ['method', 'ip', 'rawBody', 'body', 'response'])
    members[name] = typeof request[name]
  console.log(
    JSON.stringify({
      text: request.text(),
      json: request.json(),
      header: request.headers.get('x-custom'),
      url: request.url.href,
      query: request.url.searchParams.get('q'),
      members,
      settings,
    }),
  )
}
