// Reads the store's server-sent events as it sends them: the data of each event, and an empty text for a comment, which
// says that the connection lives.

export async function* readServerSentEvents(
  { body }: Response,
  signal: AbortSignal,
): AsyncGenerator<string> {
  if (!body) return
  const reader = body.getReader()
  const end = () => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', end)
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      rest += decoder.decode(value, { stream: true })
      const blocks = rest.split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) yield dataOf(block)
    }
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}

function dataOf(block: string): string {
  return block
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trimStart())
    .join('\n')
}
