// biome-ignore-all lint/correctness/noUnusedVariables: the host finds handlers by their name
// Prints what the realm offers: the type of every global, and where fetch comes from.
const kindOf = (name) => {
  try {
    return typeof globalThis[name]
  } catch (error) {
    return error.message
  }
}

async function onTrack() {
  const names = Object.getOwnPropertyNames(globalThis)
  console.log(
    JSON.stringify({
      globals: Object.fromEntries(names.map((name) => [name, kindOf(name)])),
      fetchSource: String(fetch),
      responseBuffer: typeof new Response('x').buffer,
      environment: fetch.constructor('return process.env')(),
      hidden: [typeof require, typeof module, typeof exports, typeof process, typeof global],
      selfIsWindow: globalThis.window.Buffer === Buffer && globalThis.window !== globalThis,
      base64: [atob('aGk='), btoa('hi'), btoa(Buffer.from('hi'))],
      errorIsOuter: new RetryError('x') instanceof Error,
    }),
  )
}
