// POST /segment/audiences/objects: names the audience that Segment is about to send members for, and says whether a name is
// known here. Ids are derived, so a repeated creation answers the same.
import type { Context } from 'hono'
import { type AudienceObjectAnswer, readAudienceObjectRequest } from '../../core/audience-object.ts'
import { hasAudienceObject, storeAudienceObject } from '../audience-objects.ts'
import { translated } from '../database.ts'
import type { StoreParts } from './app.ts'
import { errorAnswer } from './errors.ts'
import { readSignedBody } from './signed-body.ts'

export function createSegmentAudienceObjects(
  options: StoreParts,
): (context: Context) => Promise<Response> {
  return async (context) => {
    const signed = await readSignedBody(context, options, (body) => {
      const request = readAudienceObjectRequest(body)
      return typeof request === 'string'
        ? errorAnswer(context, 400, 'invalid_audience', request)
        : request
    })
    if (signed instanceof Response) return signed
    const { database } = options
    const { environment, content: request } = signed
    try {
      if (request.action === 'create') {
        return context.json(
          answerOf(await storeAudienceObject(database, environment, request.audience)),
        )
      }
      const { id } = request.audience
      if (await hasAudienceObject(database, environment, id)) return context.json(answerOf(id))
      const message = `No audience "${id.slice(0, 64)}" in ${environment}; create it again`
      return errorAnswer(context, 404, 'not_found', message)
    } catch (error) {
      throw translated(error)
    }
  }
}

function answerOf(id: string): AudienceObjectAnswer {
  return { audience: { id } }
}
