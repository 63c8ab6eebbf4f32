// Reads a request's bytes up to a limit, whatever content type it names: browsers send JSON as text/plain, to be spared
// the CORS preflight; mobile libraries send it gzipped.
import { gunzipSync } from 'node:zlib'

export type Body =
  | { readonly kind: 'read'; readonly text: string }
  | { readonly kind: 'tooLarge' | 'unreadable' }

export async function readBody(request: Request, limitBytes: number): Promise<Body> {
  const bytes = await readBytes(request, limitBytes)
  if (!bytes) return { kind: 'tooLarge' }
  if (request.headers.get('content-encoding') !== 'gzip') return textBody(bytes)
  try {
    return textBody(gunzipSync(bytes, { maxOutputLength: limitBytes }))
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    return { kind: isTooLarge ? 'tooLarge' : 'unreadable' }
  }
}

function textBody(bytes: Buffer): Body {
  return { kind: 'read', text: bytes.toString('utf8') }
}

async function readBytes(request: Request, limitBytes: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body ?? []) {
    chunks.push(chunk)
    length += chunk.byteLength
    if (length > limitBytes) return null
  }
  return Buffer.concat(chunks)
}
