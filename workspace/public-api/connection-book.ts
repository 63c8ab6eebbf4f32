// What the sources, destinations and what hangs on them have in common: the things themselves, the catalogue they are made
// from, and how a read shows them.
import type { Clock, Random } from '../../core/clock.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { randomText } from '../twins/vendor-ids.ts'
import { badRequest, booleanField, notFound, objectField } from './api-answers.ts'
import type { Functions, TwinFunction } from './functions-store.ts'
import { maskedSettings, secretNamesOf } from './secret-settings.ts'

/** What the catalogue knows of a destination that is no function: its settings that are secret, and its actions. */
export interface CatalogDestination {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly secretSettings?: readonly string[]
  readonly actions?: readonly { readonly slug: string; readonly name: string }[]
}

export interface CatalogSource {
  readonly id: string
  readonly name: string
  readonly slug: string
}

export interface TwinSource {
  readonly id: string
  slug: string
  name: string
  enabled: boolean
  settings: JsonObject
  labels: readonly Json[]
  readonly metadataId: string
  readonly writeKeys: readonly string[]
}

export interface TwinDestination {
  readonly id: string
  name: string
  enabled: boolean
  settings: JsonObject
  readonly sourceId: string
  readonly metadataId: string
}

export interface TwinMapping {
  readonly id: string
  readonly destinationId: string
  readonly actionId: string
  readonly actionSlug: string
  name: string
  trigger: string
  enabled: boolean
  settings: JsonObject
}

export interface TwinFilter {
  readonly id: string
  readonly sourceId: string
  readonly destinationId: string
  if: string
  actions: readonly Json[]
  title: string
  description: string
  enabled: boolean
  readonly createdAt: string
  updatedAt: string
}

export interface TwinInsertInstance {
  readonly id: string
  readonly integrationId: string
  readonly classId: string
  name: string
  enabled: boolean
  settings: JsonObject
  readonly createdAt: string
  updatedAt: string
}

export interface ConnectionsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly functions: Functions
  readonly catalogDestinations: readonly CatalogDestination[]
  readonly catalogSources: readonly CatalogSource[]
}

/** Segment's JavaScript and HTTP API sources, as in their documentation's front matter. */
const KNOWN_SOURCES: readonly CatalogSource[] = [
  { id: 'IqDTy1TpoU', name: 'Javascript', slug: 'javascript' },
  { id: 'iUM16Md8P2', name: 'HTTP API', slug: 'http-api' },
]

export type ConnectionBook = ReturnType<typeof createConnectionBook>

export function createConnectionBook(options: ConnectionsOptions) {
  const { clock, random, functions } = options
  const sources = new Map<string, TwinSource>()
  const destinations = new Map<string, TwinDestination>()
  const mappings = new Map<string, TwinMapping>()
  const filters = new Map<string, TwinFilter>()
  const instances = new Map<string, TwinInsertInstance>()
  const actionIds = new Map<string, string>()

  const now = () => new Date(clock.now()).toISOString()
  const newId = (length = 22) =>
    randomText(random, length, 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789')
  const take = <Value>(map: ReadonlyMap<string, Value>, what: string, id = ''): Value => {
    const found = map.get(id)
    if (found) return found
    throw notFound(what, id)
  }

  // Action ids differ from workspace to workspace: made when first asked for, then kept.
  function actionId(metadataId: string, slug: string): string {
    const key = `${metadataId}/${slug}`
    const known = actionIds.get(key) ?? newId()
    actionIds.set(key, known)
    return known
  }

  function functionOf(metadataId: string, type: TwinFunction['resourceType']) {
    const found = functions.ofCatalogId(metadataId)
    return found?.resourceType === type ? found : undefined
  }

  function destinationMetadata(id: string): JsonObject {
    const known = options.catalogDestinations.find((each) => each.id === id)
    const own = functionOf(id, 'DESTINATION')
    if (!known && !own) throw notFound('Destination metadata', id)
    const actions = (known?.actions ?? []).map(({ slug, name }) => ({
      id: actionId(id, slug),
      slug,
      name,
      fields: [],
    }))
    const name = known?.name ?? own?.displayName ?? ''
    return {
      id,
      name,
      slug: known?.slug ?? own?.id ?? '',
      status: 'PUBLIC',
      options: [],
      actions,
      presets: [],
    }
  }

  function sourceMetadata(id: string): JsonObject {
    const known = [...KNOWN_SOURCES, ...options.catalogSources].find((each) => each.id === id)
    const own = functionOf(id, 'SOURCE')
    if (!known && !own) throw notFound('Source metadata', id)
    return { id, name: known?.name ?? own?.displayName ?? '', slug: known?.slug ?? own?.id ?? '' }
  }

  function secretsOf(metadataId: string): ReadonlySet<string> {
    const known = options.catalogDestinations.find(({ id }) => id === metadataId)
    const own = functions.ofCatalogId(metadataId)
    return known ? new Set(known.secretSettings) : secretNamesOf(own?.settings ?? [])
  }

  // "Required" of a function's schema: cannot be saved empty.
  function assertComplete(metadataId: string, settings: JsonObject): void {
    for (const { name, required } of functions.ofCatalogId(metadataId)?.settings ?? []) {
      const value = settings[name]
      if (required && (value === undefined || value === '')) {
        throw badRequest(`Setting ${name} is required.`, `settings.${name}`)
      }
    }
  }

  const shownSource = (source: TwinSource): JsonObject => {
    const { metadataId, ...rest } = source
    return {
      ...rest,
      metadata: sourceMetadata(metadataId),
      settings: maskedSettings(source.settings, secretsOf(metadataId)),
    } as JsonObject
  }
  const shownDestination = (destination: TwinDestination): JsonObject => {
    const { metadataId, ...rest } = destination
    return {
      ...rest,
      metadata: destinationMetadata(metadataId),
      settings: maskedSettings(destination.settings, secretsOf(metadataId)),
    }
  }
  const shownInstance = (instance: TwinInsertInstance): JsonObject => {
    const own = functions.ofCatalogId(instance.classId)
    const settings = maskedSettings(instance.settings, secretNamesOf(own?.settings ?? []))
    return { ...instance, settings, encryptedSettings: {} }
  }

  return {
    functions,
    sources,
    destinations,
    mappings,
    filters,
    instances,
    now,
    newId,
    take,
    actionId,
    actionsOf: (metadataId: string) =>
      options.catalogDestinations.find(({ id }) => id === metadataId)?.actions ?? [],
    destinationMetadata,
    sourceMetadata,
    assertComplete,
    shownSource,
    shownDestination,
    shownInstance,
  }
}

// Settings are merged: what a PATCH does not name stays. Whether one may be removed so is UNVERIFIED.
export function changeCommon(target: TwinSource | TwinDestination, body: JsonObject): void {
  if (typeof body.name === 'string') target.name = body.name
  target.enabled = booleanField(body, 'enabled', target.enabled)
  if (body.settings !== undefined) {
    target.settings = { ...target.settings, ...objectField(body, 'settings') }
  }
}
