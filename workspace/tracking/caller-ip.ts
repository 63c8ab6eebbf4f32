// The caller's address, where there is a connection at all: a request made in-process has none.

interface NodeBindings {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } }
}

/** `bindings` is what @hono/node-server passes along as the context's `env`. */
export function callerIp(bindings: unknown): string | null {
  const { incoming } = (bindings ?? {}) as NodeBindings
  // A dual-stack socket shows IPv4 callers in IPv6 clothes.
  return incoming?.socket?.remoteAddress?.replace(/^::ffff:/, '') ?? null
}
