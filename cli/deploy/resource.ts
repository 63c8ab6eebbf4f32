// One thing that a deploy makes or changes: how it is found, what it should be, how it is made so. The engine (run.ts) knows
// no kind; the kinds that differ stand in functions.ts and tracking-plan.ts.
import { canonicalJson } from '../../core/canonical-json.ts'
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../core/json.ts'
import type { PublicApi } from '../segment/public-api.ts'
import { type Kind, kindOf } from './kinds.ts'
import type { Placed } from './state.ts'

/** A thing as it stands in the workspace. */
export interface Standing {
  readonly id: string
  readonly path: string
  /** What is compared with `wanted`, by name. */
  readonly fields: JsonObject
  /** What a rollback writes back. */
  readonly before: JsonObject
  /** The thing as Segment shows it. */
  readonly shown: JsonObject
}

export interface Change {
  readonly field: string
  readonly from: Json | undefined
  readonly to: Json | undefined
}

/** What the steps before have found or made. */
export interface Run {
  readonly api: PublicApi
  readonly workspaceName: string
  /** By key. */
  readonly standings: ReadonlyMap<string, Standing>
  placed(key: string): Placed | undefined
}

export interface Resource {
  readonly key: string
  readonly kind: Kind
  readonly title: string
  /** Keys of the things it is made of. */
  readonly needs: readonly string[]
  /** Settings that Segment hides: by name, as they should be. */
  readonly secrets: Readonly<Record<string, string>>
  /** Of a function: what should run. */
  readonly code?: string
  look(run: Run): Promise<Standing | null>
  wanted(run: Run): JsonObject
  /** Path of the new thing. */
  create(run: Run): Promise<string>
  update(run: Run, standing: Standing, changes: readonly Change[]): Promise<void>
  /** Where what should be so is done by hand in the app, if the API does not do it; says how. */
  readonly byHand?: ByHand
}

export interface ByHand {
  /** Fields that only a person can bring about where the API refuses. */
  readonly fields: readonly string[]
  readonly clicks: readonly string[]
}

/** Thrown by `create` and `update` where the API offers no way: the clicks are left to a person. */
export class NotByApi extends Error {
  readonly clicks: readonly string[]
  constructor(why: string, clicks: readonly string[]) {
    super(why)
    this.clicks = clicks
  }
}

export interface OrdinarySpec {
  readonly key: string
  readonly kind: Kind
  readonly title: string
  readonly needs?: readonly string[]
  readonly secrets?: Readonly<Record<string, string>>
  /** Path of the collection; with query parameters for the list where it wants some. */
  place(run: Run): { readonly path: string; readonly query?: Readonly<Record<string, string>> }
  /** Recognises what an earlier deploy, or a person, made. */
  matches(item: JsonObject, run: Run): boolean
  /** Said once, at creation. */
  fixed(run: Run): JsonObject
  /** Compared and written. */
  body(run: Run): JsonObject
  /** Checks first whether the API can make it; throws NotByApi. */
  check?(run: Run): Promise<void>
}

/** A thing with POST, GET and PATCH on its path. */
export function ordinary(spec: OrdinarySpec): Resource {
  const { key, kind, title, secrets = {}, needs = [] } = spec
  const { answer, created, list, alpha, paced, isWrapped } = kindOf(kind)
  const withSecrets = (body: JsonObject): JsonObject =>
    isJsonObject(body.settings) ? { ...body, settings: { ...body.settings, ...secrets } } : body

  function standingOf(shown: JsonObject, path: string, run: Run): Standing {
    const wanted = spec.body(run)
    const own = Object.fromEntries(
      Object.keys(wanted).map((name) => [name, reduced(name, shown[name], wanted[name], secrets)]),
    )
    return { id: String(shown.id), path, fields: flat(own), before: own, shown }
  }

  async function look(run: Run): Promise<Standing | null> {
    if (needs.some((each) => !run.standings.has(each))) return null
    const known = run.placed(key)
    const read = known ? objectAt(await run.api.get(known.path, { alpha }), answer) : undefined
    if (known && read) return standingOf(read, known.path, run)
    const { path, query } = spec.place(run)
    const items = await run.api.list(path, list, { alpha, ...(query ? { query } : {}) })
    const item = items.find((each) => spec.matches(each, run))
    return item ? standingOf(item, `${path}/${item.id}`, run) : null
  }

  return {
    key,
    kind,
    title,
    needs,
    secrets,
    look,
    wanted: (run) => flat(spec.body(run)),
    async create(run) {
      await spec.check?.(run)
      const { path } = spec.place(run)
      const body = { ...spec.fixed(run), ...withSecrets(spec.body(run)) }
      const data = await run.api.send('POST', path, body, { alpha, paced })
      return `${path}/${objectAt(data, created ?? answer)?.id}`
    },
    async update(run, { path }, changes) {
      const body = withSecrets(spec.body(run))
      const changed = new Set(changes.map(({ field }) => field.split('.')[0]))
      // An insert instance wants its settings in every PATCH.
      if (kind === 'insert') changed.add('settings')
      const part = Object.fromEntries(Object.entries(body).filter(([name]) => changed.has(name)))
      await run.api.send('PATCH', path, isWrapped ? { input: part } : part, { alpha, paced })
    },
  }
}

// Only what we set is ours: other settings of a destination, and what the app keeps in a mapping, stay as they are.
function reduced(
  name: string,
  shown: Json | undefined,
  wanted: Json | undefined,
  secrets: Readonly<Record<string, string>>,
): Json | undefined {
  if (name !== 'settings' || !isJsonObject(shown) || !isJsonObject(wanted)) return shown
  return Object.fromEntries(
    Object.entries(shown).filter(([key]) => key in wanted && !(key in secrets)),
  )
}

function flat(fields: JsonObject): JsonObject {
  const { settings, ...rest } = fields
  if (!isJsonObject(settings)) return fields
  const inner = Object.entries(settings).map(([name, value]) => [`settings.${name}`, value])
  return { ...rest, ...Object.fromEntries(inner) }
}

/** What differs, in the order of `wanted`. */
export function changesOf(current: JsonObject, wanted: JsonObject): Change[] {
  return Object.keys(wanted)
    .filter((field) => canonicalJson(current[field]) !== canonicalJson(wanted[field]))
    .map((field) => ({ field, from: current[field], to: wanted[field] }))
}
