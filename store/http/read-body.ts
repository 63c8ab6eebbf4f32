// The bytes of a request, up to a limit.
import type { IncomingMessage } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/**
 * The whole body; null when it is larger than `maxBytes`, as soon as that is known.
 * On a Node server it is read from the socket's own stream: the web stream that Hono's `arrayBuffer()` puts around it
 * took a tenth of the store's time.
 */
export async function readBody(context: Context, maxBytes: number): Promise<Buffer | null> {
  if (Number(context.req.header('content-length') ?? 0) > maxBytes) return null
  const { incoming } = (context.env ?? {}) as Partial<HttpBindings>
  if (incoming) return collect(incoming as IncomingMessage, maxBytes)
  const body = Buffer.from(await context.req.arrayBuffer())
  return body.length > maxBytes ? null : body
}

function collect(incoming: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length
      // What still comes flows away unread, so that the answer is not cut off by a reset.
      if (length > maxBytes) resolve(null)
      else chunks.push(chunk)
    })
    incoming.once('end', () => resolve(Buffer.concat(chunks)))
    incoming.once('error', reject)
    incoming.once('close', () => reject(new Error('The sender closed the connection')))
  })
}
