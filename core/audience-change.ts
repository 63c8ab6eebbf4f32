// What an Engage message says about an audience (segment.md 3): one pure reading of every shape, for the store and for the
// Action Destination. The function inside Segment only asks whether a message is one.
import { isJsonObject, type JsonObject, objectAt, textOf } from './json.ts'
import { type Message, occurredAt, parseMessage } from './message.ts'

export type AudienceClass = 'audience' | 'journey_step' | 'reverse_etl'

/** An identifier by which the message names the person; only user_id and anonymous_id decide who somebody is. */
export interface AudienceIdentifier {
  readonly type: 'user_id' | 'anonymous_id' | 'email' | 'phone' | 'external_id'
  readonly value: string
}

/** One statement: this person is, or is no longer, in this audience as of `computedAt`. */
export interface AudienceChange {
  /** `aud_…`, or the id of a journey's step; the identity of an audience. Null in rows of reverse ETL. */
  readonly computationId: string | null
  /** Name of the audience in profiles, e.g. `first_time_shopper`. A recreated audience may have an old one. */
  readonly computationKey: string | null
  /** A name for people, where the sender gives one. */
  readonly audienceName: string | null
  readonly computationClass: AudienceClass
  /** `spa_…`: the workspace's space that computed it. */
  readonly spaceId: string | null
  /** What `createAudience` answered at the destination. */
  readonly externalAudienceId: string | null
  /** Values of the destination's `audienceFields`. */
  readonly settings: JsonObject
  readonly isMember: boolean
  /** Instant for which Segment computed it, ISO 8601 in UTC; null when the message carries none. */
  readonly computedAt: string | null
  /** Each once, the deciding ones first. One change of a profile with several ids arrives as several messages. */
  readonly identifiers: readonly AudienceIdentifier[]
}

/** A computed trait: a fact about the profile, and no membership, whatever its value. */
export interface ComputedTrait {
  readonly computationId: string | null
  readonly name: string
  readonly value: JsonObject[string]
}

export type AudienceReading =
  | { readonly kind: 'change'; readonly change: AudienceChange }
  | { readonly kind: 'trait'; readonly trait: ComputedTrait }
  /** About an audience, and yet no statement of anybody's membership. The reason says what is wanted. */
  | { readonly kind: 'fault'; readonly reason: string }

/** True for what a batch calls `audience`: Engage audiences and journey steps, as identify or track. Never throws. */
export function isAudienceMessage({ type, context }: Message): boolean {
  if (type !== 'track' && type !== 'identify') return false
  const stated = objectAt(context, 'personas')?.computation_class
  return stated === 'audience' || stated === 'journey_step'
}

/** Null for a message that is about no audience and no computed trait. Never throws. */
export function readAudienceChange(raw: JsonObject): AudienceReading | null {
  const message = parseMessage(raw)
  const personas = objectAt(message.context, 'personas')
  const isRow = isReverseEtl(message)
  if (!personas && !isRow) return null
  const source = sourceOf(message, personas ?? {})
  const stated = source.personas.computation_class
  // The documentation says `trait`, what is sent is `computed_trait`.
  if (stated === 'trait' || stated === 'computed_trait') return traitOf(source)
  if (isRow) return changeOf(source, 'reverse_etl')
  if (!namesAudience(source.personas)) return null
  // Messages from before classes existed name an audience and no class.
  if (stated === undefined || stated === null || stated === 'audience')
    return changeOf(source, 'audience')
  if (stated === 'journey_step') return changeOf(source, 'journey_step')
  return fault('computation_class is not known; want audience, journey_step or computed_trait')
}

interface Source {
  readonly message: Message
  readonly personas: JsonObject
  /** Where values stand: `traits` of an identify, `properties` of a track, whose own `traits` speak of other things. */
  readonly values: JsonObject
}

function sourceOf(message: Message, personas: JsonObject): Source {
  return {
    message,
    personas,
    values: message.type === 'track' ? message.properties : message.traits,
  }
}

function changeOf(source: Source, computationClass: AudienceClass): AudienceReading {
  const { message, personas } = source
  if (message.type !== 'track' && message.type !== 'identify')
    return fault(`a ${message.type ?? 'message'} states no person's membership`)
  const computationId = textOf(personas.computation_id)
  const computationKey = keyOf(source)
  const externalAudienceId = textOf(personas.external_audience_id)
  if (computationId === null && computationKey === null && externalAudienceId === null)
    return fault('no audience is named; want context.personas.computation_id or computation_key')
  const isMember =
    computationClass === 'reverse_etl' ? ROWS.get(message.event) : membershipOf(source)
  if (isMember === undefined)
    return fault(
      `membership is not stated; want ${message.type === 'track' ? 'properties' : 'traits'}.${computationKey ?? '<computation_key>'} as true or false`,
    )
  const settings = objectAt(personas, 'audience_settings') ?? {}
  const identifiers = identifiersOf(source)
  if (identifiers.length === 0) return fault('nobody is named; want userId or anonymousId')
  return {
    kind: 'change',
    change: {
      computationId,
      computationKey,
      audienceName: textOf(source.values.audience_name) ?? textOf(settings.audience_name),
      computationClass,
      spaceId: textOf(personas.space_id) ?? textOf(personas.namespace),
      externalAudienceId,
      settings,
      isMember,
      computedAt: occurredAt(message.raw),
      identifiers,
    },
  }
}

function fault(reason: string): AudienceReading {
  return { kind: 'fault', reason }
}

function namesAudience(personas: JsonObject): boolean {
  return ['computation_class', 'computation_id', 'computation_key', 'external_audience_id'].some(
    (name) => textOf(personas[name]) !== null,
  )
}

function keyOf({ personas, values }: Source): string | null {
  return (
    textOf(personas.computation_key) ?? textOf(personas.audience_key) ?? textOf(values.audience_key)
  )
}

// The value stands under the computation key; where that is another name (journeys v1), under the one `audience_key`
// gives. A name of the event, which people may edit, is only asked when no value says it.
function membershipOf({ message, personas, values }: Source): boolean | undefined {
  for (const name of [personas.computation_key, values.audience_key, personas.audience_key]) {
    const key = textOf(name)
    const stated = key === null || !Object.hasOwn(values, key) ? undefined : truthOf(values[key])
    if (stated !== undefined) return stated
  }
  if (message.type !== 'track') return undefined
  // Journeys v2 send no value: whoever reaches the step is in, and nobody leaves it.
  if (personas.computation_class === 'journey_step') return true
  return EVENTS.get(message.event)
}

// Journeys v1 send text.
function truthOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const folded = typeof value === 'string' ? value.trim().toLowerCase() : ''
  return folded === 'true' ? true : folded === 'false' ? false : undefined
}

const EVENTS: ReadonlyMap<string | null, boolean> = new Map([
  ['Audience Entered', true],
  ['Audience Exited', false],
])
const ROWS: ReadonlyMap<string | null, boolean> = new Map([
  ['new', true],
  ['updated', true],
  ['deleted', false],
])

function isReverseEtl({ raw, type, event, properties }: Message): boolean {
  if (type !== 'track' || !ROWS.has(event)) return false
  return '__segment_id' in raw || '__segment_id' in properties
}

function traitOf(source: Source): AudienceReading {
  const { personas, values } = source
  const names = [personas.computation_key, values.trait_key].map(textOf)
  const name = names.find((each) => each !== null && Object.hasOwn(values, each))
  if (!name) return fault('the computed trait has no value under its computation_key')
  return {
    kind: 'trait',
    trait: { computationId: textOf(personas.computation_id), name, value: values[name] },
  }
}

function identifiersOf({ message, values }: Source): AudienceIdentifier[] {
  const traits = objectAt(message.context, 'traits') ?? {}
  const found: (readonly [AudienceIdentifier['type'], string | null | undefined])[] = [
    ['user_id', message.userId],
    ['anonymous_id', message.anonymousId],
    ['email', firstText(traits.email, values.email)?.toLowerCase()],
    ['phone', firstText(traits.phone, values.phone)],
    ...externalIds(message.context),
  ]
  const unique = new Map<string, AudienceIdentifier>()
  for (const [type, value] of found) if (value) unique.set(`${type}\n${value}`, { type, value })
  return [...unique.values()]
}

function firstText(...candidates: readonly unknown[]): string | null {
  return candidates.map(textOf).find((text) => text !== null) ?? null
}

type Named = readonly [AudienceIdentifier['type'], string]

// `context.externalIds`: [{ id, type, collection, encoding }].
function externalIds({ externalIds: list }: JsonObject): Named[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((item): Named[] => {
    const id = isJsonObject(item) ? textOf(item.id) : null
    if (!isJsonObject(item) || id === null) return []
    if (item.type === 'email') return [['email', id.toLowerCase()]]
    if (item.type === 'user_id' || item.type === 'anonymous_id' || item.type === 'phone')
      return [[item.type, id]]
    return [['external_id', `${textOf(item.type) ?? 'id'}:${id}`]]
  })
}
