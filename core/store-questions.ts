// What is asked of the store besides storing: is this sender set up, and which audience is this (design 3.4).
import {
  AUDIENCE_OBJECTS_PATH,
  type AudienceDescription,
  type AudienceObjectRequest,
} from './audience-object.ts'
import { TrackLayerError } from './errors.ts'
import { objectAt, textOf } from './json.ts'
import { EVENTS_PATH } from './send-entries.ts'
import {
  bodyOf,
  notNow,
  postSigned,
  reasonOf,
  type StoreAnswer,
  type StoreLink,
} from './store-link.ts'

/**
 * A signed batch of nothing: the store says whether address, account, environment, secret and clock are right, and stores
 * nothing.
 * @throws TrackLayerError that says what to change; UNAVAILABLE and the like when the store could not be asked
 */
export async function ping(link: StoreLink): Promise<void> {
  const answer = await postSigned(link, EVENTS_PATH, JSON.stringify({ batch: [] }))
  const results = answer.status === 200 ? bodyOf(answer)?.results : undefined
  if (Array.isArray(results) && results.length === 0) return
  const reason = reasonOf(answer)
  if (answer.status === 401 && reason) throw new TrackLayerError('AUTH_REJECTED', reason)
  const isElsewhere = answer.status < 400 || (answer.status < 500 && !reason)
  if (!isElsewhere || answer.status === 429) throw notNow('a ping', answer)
  const { storeUrl } = link.settings
  const message = `No TrackLayer store answers at ${storeUrl} (status ${answer.status}): check the store URL`
  throw new TrackLayerError('SETTINGS_INVALID', message)
}

/** The store's id of the audience; the same one when it is created again. */
export async function createAudienceObject(
  link: StoreLink,
  audience: AudienceDescription,
): Promise<string> {
  const answer = await ask(link, { action: 'create', audience })
  const id = idOf(answer)
  if (id !== null) return id
  throw refusalOf(`audience "${audience.name}"`, answer)
}

/** The id again, or null when the store has no such audience. */
export async function findAudienceObject(link: StoreLink, id: string): Promise<string | null> {
  const answer = await ask(link, { action: 'get', audience: { id } })
  if (answer.status === 404 && reasonOf(answer)) return null
  const found = idOf(answer)
  if (found !== null) return found
  throw refusalOf(`audience "${id}"`, answer)
}

function ask(link: StoreLink, request: AudienceObjectRequest): Promise<StoreAnswer> {
  return postSigned(link, AUDIENCE_OBJECTS_PATH, JSON.stringify(request))
}

function idOf(answer: StoreAnswer): string | null {
  return answer.status === 200 ? textOf(objectAt(bodyOf(answer), 'audience')?.id) : null
}

// Only the store's own refusal is final, as with messages.
function refusalOf(what: string, answer: StoreAnswer): TrackLayerError {
  const reason = reasonOf(answer)
  return answer.status === 400 && reason
    ? new TrackLayerError('RECEIVER_REJECTED', `The store refused ${what}: ${reason}`)
    : notNow(what, answer)
}
