// The profiles and lists of a Klaviyo account, as far as the destination's calls can see them.
import type { Random } from '../../../core/clock.ts'
import { type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import { isNonEmptyText } from '../value-forms.ts'
import { randomText } from '../vendor-ids.ts'
import { PROFILE_IDENTIFIERS } from './klaviyo-rules.ts'

export interface KlaviyoProfile {
  readonly id: string
  readonly attributes: JsonObject
}

export interface KlaviyoProfiles {
  find(id: string): KlaviyoProfile | undefined
  /** The profile that has the id or one of the identifiers of a `profile` resource. */
  findMatch(resource: Json): KlaviyoProfile | undefined
  findBy(field: string, values: readonly string[]): readonly KlaviyoProfile[]
  create(resource: Json): KlaviyoProfile
  update(id: string, attributes: JsonObject): KlaviyoProfile
  /** Finds or creates, and takes over the attributes. */
  upsert(resource: Json): KlaviyoProfile
  list(): readonly KlaviyoProfile[]
}

const ID_LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export function createKlaviyoProfiles(random: Random): KlaviyoProfiles {
  const profiles = new Map<string, KlaviyoProfile>()
  const owners = new Map<string, string>()

  function keep(id: string, attributes: JsonObject) {
    const profile = { id, attributes }
    profiles.set(id, profile)
    for (const key of identifierKeys(attributes)) owners.set(key, id)
    return profile
  }

  function findMatch(resource: Json) {
    const { id } = (resource ?? {}) as { id?: Json }
    const byId = isNonEmptyText(id) ? profiles.get(id) : undefined
    if (byId) return byId
    const keys = identifierKeys(objectAt(resource, 'attributes') ?? {})
    const owner = keys.map((key) => owners.get(key)).find((found) => found !== undefined)
    return owner === undefined ? undefined : profiles.get(owner)
  }

  function create(resource: Json) {
    // A ULID, as Klaviyo's profile ids are.
    return keep(`01${randomText(random, 24, ID_LETTERS)}`, objectAt(resource, 'attributes') ?? {})
  }

  function update(id: string, attributes: JsonObject) {
    return keep(id, { ...profiles.get(id)?.attributes, ...attributes })
  }

  return {
    find: (id) => profiles.get(id),
    findMatch,
    findBy: (field, values) =>
      [...profiles.values()].filter(({ attributes }) => values.includes(String(attributes[field]))),
    create,
    update,
    upsert(resource) {
      const found = findMatch(resource)
      return found ? update(found.id, objectAt(resource, 'attributes') ?? {}) : create(resource)
    },
    list: () => [...profiles.values()],
  }
}

function identifierKeys(attributes: JsonObject): readonly string[] {
  return PROFILE_IDENTIFIERS.filter((name) => isNonEmptyText(attributes[name])).map(
    (name) => `${name} ${String(attributes[name])}`,
  )
}
