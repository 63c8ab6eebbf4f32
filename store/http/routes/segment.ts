// POST /segment/events, /segment/audiences and /segment/audiences/objects: what comes in from Segment, signed.
import { AUDIENCE_OBJECTS_PATH } from '../../../core/audience-object.ts'
import {
  audienceBatch,
  audienceObjectAnswer,
  audienceObjectRequest,
  batch,
  batchAnswer,
} from '../answers/segment.ts'
import type { StoreApp, StoreParts } from '../app.ts'
import { addRoute, route } from '../route.ts'
import { createSegmentAudienceObjects } from '../segment-audience-objects.ts'
import { createReceivers } from '../segment-events.ts'

const SIGNED = { method: 'post', tag: 'Segment', access: 'signed' } as const

const takeEvents = route({
  ...SIGNED,
  path: '/segment/events',
  id: 'takeEvents',
  summary: 'Takes a batch of messages in',
  details:
    'A 200 means durable. A repeat gets the answer the first one got, so a batch may be sent again whenever its answer ' +
    'was lost. An empty batch proves the signature and stores nothing.',
  body: batch,
  answer: batchAnswer,
  errors: ['invalid_batch', 'too_many_entries', 'overloaded', 'unavailable'],
})

const takeAudiences = route({
  ...SIGNED,
  path: '/segment/audiences',
  id: 'takeAudiences',
  summary: 'Takes a batch of audience memberships in, and nothing else',
  body: audienceBatch,
  answer: batchAnswer,
  errors: ['invalid_batch', 'too_many_entries', 'unsupported_kind', 'overloaded', 'unavailable'],
})

const nameAudience = route({
  ...SIGNED,
  path: AUDIENCE_OBJECTS_PATH,
  id: 'nameAudience',
  summary: 'Names the audience whose members will come, or says whether a name is known',
  details: 'Ids are derived: a repeated creation answers the same id.',
  body: audienceObjectRequest,
  answer: audienceObjectAnswer,
  errors: ['invalid_audience', 'not_found', 'unavailable'],
})

export function addSegmentRoutes(app: StoreApp, options: StoreParts): void {
  const receiver = createReceivers(options)
  addRoute(app, takeEvents, receiver())
  addRoute(app, takeAudiences, receiver('audience'))
  addRoute(app, nameAudience, createSegmentAudienceObjects(options))
}
