// The profile, list and subscription calls of the package's klaviyo destination (functions.ts in
// segmentio/action-destinations). Bulk requests are refused as a whole, with a pointer to each wrong profile.
import type { Random } from '../../../core/clock.ts'
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import type { TwinAnswer, TwinRequest, TwinRoute } from '../twin-app.ts'
import { isNonEmptyText, listOf } from '../value-forms.ts'
import { randomText } from '../vendor-ids.ts'
import { duplicateProfile, invalidInput, notFound } from './klaviyo-errors.ts'
import type { KlaviyoProfile, KlaviyoProfiles } from './klaviyo-profiles.ts'
import { fault, profileFaults } from './klaviyo-rules.ts'

export interface KlaviyoList {
  readonly name: string
  readonly members: Set<string>
}

export interface ProfileRouteOptions {
  readonly profiles: KlaviyoProfiles
  readonly lists: Map<string, KlaviyoList>
  readonly random: Random
}

/** "This endpoint accepts a maximum of 1000 profiles per call." */
const MAX_MEMBERS = 1000
/** "any" takes 100 values. UNVERIFIED answer to more. */
const MAX_FILTER_VALUES = 100
const ACCEPTED: TwinAnswer = { status: 202 }
const DONE: TwinAnswer = { status: 204 }

export function createProfileRoutes(options: ProfileRouteOptions): readonly TwinRoute[] {
  const { profiles, lists, random } = options

  function create({ body }: TwinRequest): TwinAnswer {
    const resource = dataOf(body)
    const wrong = profileFaults(resource, '/data', true)
    if (wrong.length > 0) return invalidInput(wrong, random)
    const existing = profiles.findMatch(resource)
    if (existing) return duplicateProfile(existing.id, random)
    return { status: 201, body: { data: profileResource(profiles.create(resource)) } }
  }

  function update({ body }: TwinRequest, [id = '']: readonly string[]): TwinAnswer {
    const resource = dataOf(body)
    const wrong = profileFaults(resource, '/data', false)
    if (wrong.length > 0) return invalidInput(wrong, random)
    if (!profiles.find(id)) return notFound(`A profile with id ${id} does not exist.`, random)
    const updated = profiles.update(id, objectAt(resource, 'attributes') ?? {})
    return { status: 200, body: { data: profileResource(updated) } }
  }

  // `filter=any(email,["a","b"])` or `filter=equals(email,"a")`. An unescaped + arrives as a space and finds nobody.
  function search({ query }: TwinRequest): TwinAnswer {
    const filter = /^(?:any|equals)\((\w+),(.+)\)$/.exec(query.get('filter') ?? '')
    const quoted = filter?.[2]?.match(/"([^"]*)"/g) ?? []
    const values = quoted.map((value) => value.slice(1, -1))
    if (values.length > MAX_FILTER_VALUES) {
      const detail = `A maximum of ${MAX_FILTER_VALUES} values is allowed.`
      return invalidInput([fault('too_many_values', '/data/filter', detail)], random)
    }
    const found = filter ? profiles.findBy(filter[1] ?? '', values) : profiles.list()
    return { status: 200, body: { data: found.map(profileResource), links: {} } }
  }

  function changeMembers(change: (members: Set<string>, id: string) => void) {
    return ({ body }: TwinRequest, [listId = '']: readonly string[]): TwinAnswer => {
      const list = lists.get(listId)
      if (!list) return notFound(`A list with id ${listId} does not exist.`, random)
      const ids = listOf(isJsonObject(body) ? body.data : undefined).map((entry) =>
        isJsonObject(entry) ? entry.id : undefined,
      )
      if (ids.length === 0 || ids.length > MAX_MEMBERS) {
        const detail = `Between 1 and ${MAX_MEMBERS} profiles are allowed.`
        return invalidInput([fault('wrong_size', '/data', detail)], random)
      }
      const unknown = ids.findIndex((id) => !isNonEmptyText(id) || !profiles.find(id))
      // A destination that swallowed an error earlier posts an undefined id (facts/destinations.md 5).
      if (unknown >= 0) {
        const detail = `A profile with id ${String(ids[unknown])} does not exist.`
        return invalidInput([fault('unknown_profile', `/data/${unknown}/id`, detail)], random)
      }
      for (const id of ids) change(list.members, String(id))
      return DONE
    }
  }

  function bulk(
    type: string,
    limit: number,
    apply: (profile: KlaviyoProfile, list: KlaviyoList | null) => void,
  ) {
    return ({ body }: TwinRequest): TwinAnswer => {
      const data = dataOf(body)
      const resources = listOf(objectAt(objectAt(data, 'attributes'), 'profiles')?.data)
      const base = '/data/attributes/profiles/data'
      const wrong = resources.flatMap((resource, index) =>
        profileFaults(resource, `${base}/${index}`, true),
      )
      if (!isJsonObject(data) || data.type !== type) {
        wrong.unshift(fault('wrong_type', '/data/type', `The resource type must be '${type}'.`))
      }
      if (resources.length === 0 || resources.length > limit) {
        wrong.push(fault('wrong_size', base, `Between 1 and ${limit} profiles are allowed.`))
      }
      const listId = listIdOf(data)
      if (listId && !lists.has(listId)) {
        // Captured for bulk imports.
        wrong.push(fault('unknown_list', '/data', `List ID ${listId} does not exist.`))
      }
      if (wrong.length > 0) return invalidInput(wrong, random)
      const list = listId ? (lists.get(listId) ?? null) : null
      for (const resource of resources) apply(profiles.upsert(resource), list)
      if (type !== 'profile-bulk-import-job') return ACCEPTED
      // "Bulk Import Profiles" answers with its job.
      const job = { type, id: randomText(random, 26), attributes: { status: 'queued' } }
      return { status: 202, body: { data: job } }
    }
  }

  const join = ({ id }: KlaviyoProfile, list: KlaviyoList | null) => void list?.members.add(id)
  const leave = ({ id }: KlaviyoProfile, list: KlaviyoList | null) => void list?.members.delete(id)

  function createList({ body }: TwinRequest): TwinAnswer {
    const name = objectAt(dataOf(body), 'attributes')?.name
    if (!isNonEmptyText(name)) {
      return invalidInput(
        [fault('missing_name', '/data/attributes/name', 'name is a required field.')],
        random,
      )
    }
    const id = randomText(random, 6, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')
    lists.set(id, { name, members: new Set() })
    return { status: 201, body: { data: listResource(id, name) } }
  }

  function readList({ query }: TwinRequest, [id = '']: readonly string[]): TwinAnswer {
    const list = lists.get(id)
    if (!list) return notFound(`A list with id ${id} does not exist.`, random)
    const counted =
      query.get('additional-fields[list]') === 'profile_count'
        ? { profile_count: list.members.size }
        : {}
    return { status: 200, body: { data: listResource(id, list.name, counted) } }
  }

  // `filter=equals(name,"a")`.
  function readLists({ query }: TwinRequest): TwinAnswer {
    const wanted = /^equals\(name,"(.*)"\)$/.exec(query.get('filter') ?? '')?.[1]
    const name = wanted?.replace(/\\(.)/g, '$1')
    const found = [...lists].filter(([, list]) => name === undefined || list.name === name)
    return { status: 200, body: { data: found.map(([id, list]) => listResource(id, list.name)) } }
  }

  const members = /^\/api\/lists\/([^/]+)\/relationships\/profiles\/?$/
  const subscribe = 'profile-subscription-bulk-create-job'
  const unsubscribe = 'profile-subscription-bulk-delete-job'
  // "Up to 10,000 profiles" an import, 1,000 a subscription.
  return [
    { method: 'POST', path: /^\/api\/profiles\/?$/, handle: create },
    { method: 'GET', path: /^\/api\/profiles\/?$/, handle: search },
    { method: 'PATCH', path: /^\/api\/profiles\/([^/]+)\/?$/, handle: update },
    { method: 'POST', path: members, handle: changeMembers((all, id) => void all.add(id)) },
    { method: 'DELETE', path: members, handle: changeMembers((all, id) => void all.delete(id)) },
    {
      method: 'POST',
      path: /^\/api\/profile-bulk-import-jobs\/?$/,
      handle: bulk('profile-bulk-import-job', 10_000, join),
    },
    {
      method: 'POST',
      path: /^\/api\/profile-subscription-bulk-create-jobs\/?$/,
      handle: bulk(subscribe, 1000, join),
    },
    {
      method: 'POST',
      path: /^\/api\/profile-subscription-bulk-delete-jobs\/?$/,
      handle: bulk(unsubscribe, 1000, leave),
    },
    { method: 'GET', path: /^\/api\/lists\/?$/, handle: readLists },
    { method: 'POST', path: /^\/api\/lists\/?$/, handle: createList },
    { method: 'GET', path: /^\/api\/lists\/([^/]+)\/?$/, handle: readList },
  ]
}

function dataOf(body: Json | undefined): Json {
  return (isJsonObject(body) ? body.data : undefined) ?? null
}

function listIdOf(data: Json): string | null {
  const relationships = objectAt(data, 'relationships')
  const one = objectAt(objectAt(relationships, 'list'), 'data')?.id
  const [first] = listOf(objectAt(relationships, 'lists')?.data)
  const id = one ?? (isJsonObject(first) ? first.id : undefined)
  return isNonEmptyText(id) ? id : null
}

function profileResource({ id, attributes }: KlaviyoProfile): JsonObject {
  return { type: 'profile', id, attributes }
}

function listResource(id: string, name: string, more: JsonObject = {}): JsonObject {
  return { type: 'list', id, attributes: { name, ...more } }
}
