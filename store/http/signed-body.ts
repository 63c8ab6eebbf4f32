// What every signed route reads first: the media type, the signature over the bytes as received, then the JSON.
import type { Context } from 'hono'
import { MAX_BODY_BYTES } from '../../core/batch.ts'
import { turn } from '../turns.ts'
import type { StoreParts } from './app.ts'
import { errorAnswer } from './errors.ts'
import { readBody } from './read-body.ts'
import { verifyRequest } from './verify-request.ts'

export interface SignedBody<Content> {
  readonly environment: string
  readonly content: Content
}

/**
 * What `read` makes of the body, and the environment that signed it, or the refusal. It reads in the turn in which the body
 * is parsed: what a suspended request holds survives each collection of the young generation, half of it while parsed bodies
 * were held.
 */
export async function readSignedBody<Content>(
  context: Context,
  { access, database, log, keys }: StoreParts,
  read: (body: unknown) => Content | Response,
): Promise<SignedBody<Content> | Response> {
  const contentType = context.req.header('content-type') ?? 'none'
  if (!/^application\/json\s*(;|$)/i.test(contentType)) {
    const message = `Content-Type is ${contentType}, want application/json`
    return errorAnswer(context, 415, 'unsupported_media_type', message)
  }
  const bytes = await readBody(context, MAX_BODY_BYTES)
  if (bytes === null) {
    const message = `Body is larger than ${MAX_BODY_BYTES} bytes; send smaller batches`
    return errorAnswer(context, 413, 'body_too_large', message)
  }
  await turn()
  const header = (name: string) => context.req.header(name)
  const verdict = verifyRequest(access, header, bytes, database.clock.now())
  if (verdict.kind === 'refused') {
    log('warn', `refused ${context.req.method} ${context.req.path}: ${verdict.log}`)
    return errorAnswer(context, 401, 'unauthorized', verdict.message)
  }
  keys.secretUse.note(verdict.environment, verdict.secret, senderOf(context))
  const json = parsed(bytes)
  if (json === null) return errorAnswer(context, 400, 'invalid_json', 'Body is not JSON')
  const content = read(json.body)
  return content instanceof Response ? content : { environment: verdict.environment, content }
}

function parsed(bytes: Buffer): { readonly body: unknown } | null {
  try {
    return { body: JSON.parse(bytes.toString('utf8')) }
  } catch {
    return null
  }
}

const MOST_OF_A_NAME = 80

// Said by somebody who could sign: it tells an operator which sender has an old secret still.
function senderOf(context: Context): string | null {
  return context.req.header('user-agent')?.slice(0, MOST_OF_A_NAME) || null
}
