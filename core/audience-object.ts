// The remote audience of an Engage audience: what the Action Destination asks the store for when Segment creates an audience,
// and asks again when Segment looks whether it is still there. Signed like a batch (design 3.4).
import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import { isJsonObject, type JsonObject, textOf } from './json.ts'

export const AUDIENCE_OBJECTS_PATH = '/segment/audiences/objects'

/** What Segment knows of an audience that it creates. */
export interface AudienceDescription {
  /** Its name for people. */
  readonly name: string
  /** `aud_…`; a recreated audience has another one. */
  readonly computation_id: string | null
  readonly computation_key: string | null
  /** `spa_…` */
  readonly space_id: string | null
  /** Values of the destination's `audienceFields`. */
  readonly settings: JsonObject
}

export type AudienceObjectRequest =
  | { readonly action: 'create'; readonly audience: AudienceDescription }
  | { readonly action: 'get'; readonly audience: { readonly id: string } }

/** 200. An unknown id is answered 404, a request of another form 400, in the store's error form. */
export interface AudienceObjectAnswer {
  readonly audience: { readonly id: string }
}

/**
 * The id under which the store knows an audience: `tla_` and 32 hexadecimal digits. The same audience has the same id
 * however often it is created, and another one in each environment.
 */
export function audienceObjectId(environment: string, audience: AudienceDescription): string {
  const { space_id, computation_id, computation_key, name } = audience
  const identity = computation_id ?? computation_key ?? name
  const digest = createHash('sha256').update(canonicalJson([environment, space_id, identity]))
  return `tla_${digest.digest('hex').slice(0, 32)}`
}

/** The request, or what is wrong with it. */
export function readAudienceObjectRequest(body: unknown): AudienceObjectRequest | string {
  const audience = isJsonObject(body) ? body.audience : undefined
  if (!isJsonObject(body) || !isJsonObject(audience)) return 'Body has no "audience" object'
  if (body.action === 'get') {
    const id = textOf(audience.id)
    return id === null ? 'audience.id is missing' : { action: 'get', audience: { id } }
  }
  if (body.action !== 'create') return '"action" is neither create nor get'
  const name = textOf(audience.name)
  if (name === null) return 'audience.name is missing'
  const { settings } = audience
  return {
    action: 'create',
    audience: {
      name,
      computation_id: textOf(audience.computation_id),
      computation_key: textOf(audience.computation_key),
      space_id: textOf(audience.space_id),
      settings: isJsonObject(settings) ? settings : {},
    },
  }
}
