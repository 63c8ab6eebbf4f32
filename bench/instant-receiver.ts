// A receiver that costs next to nothing: it answers 200 to every request as soon as the last byte is in, without an HTTP
// library, so that what is measured is the sender.
import { createServer, type Socket } from 'node:net'

export interface InstantReceiver {
  readonly url: string
  readonly requests: () => number
  /** performance.now() of the first request since the last reset; NaN before it. */
  readonly firstAt: () => number
  reset(): void
  close(): Promise<void>
}

/** @param answerTo the answer's body, by what came: head and body as they were sent */
export async function startInstantReceiver(
  answerTo: (received: string) => string,
): Promise<InstantReceiver> {
  const sockets = new Set<Socket>()
  let requests = 0
  let firstAt = Number.NaN
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => sockets.delete(socket))
    // One request at a time, as a sender without pipelining has it.
    let missing: number | null = null
    let received = ''
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1')
      if (missing === null) {
        const end = received.indexOf('\r\n\r\n')
        if (end < 0) return
        const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, end + 2))?.[1]
        missing = Number(length ?? 0) - (received.length - end - 4)
      } else missing -= chunk.length
      if (missing > 0) return
      if (requests++ === 0) firstAt = performance.now()
      const body = answerTo(received)
      received = ''
      missing = null
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    firstAt: () => firstAt,
    reset() {
      requests = 0
      firstAt = Number.NaN
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
