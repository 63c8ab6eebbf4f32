// Sources, destinations, and what hangs on them: insert instances, mappings, filters, labels, the catalogue.
import type { Clock, Random } from '../../core/clock.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { randomText } from '../twins/vendor-ids.ts'
import {
  ApiFault,
  type ApiRoute,
  badRequest,
  booleanField,
  data,
  listField,
  notFound,
  objectField,
  page,
  SUCCESS,
  textField,
} from './api-answers.ts'
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

const MAX_MAPPINGS = 50
/** Segment's JavaScript and HTTP API sources, as in their documentation's front matter. */
const KNOWN_SOURCES: readonly CatalogSource[] = [
  { id: 'IqDTy1TpoU', name: 'Javascript', slug: 'javascript' },
  { id: 'iUM16Md8P2', name: 'HTTP API', slug: 'http-api' },
]

export type Connections = ReturnType<typeof createConnections>

export function createConnections(options: ConnectionsOptions) {
  const { clock, random, functions } = options
  const sources = new Map<string, TwinSource>()
  const destinations = new Map<string, TwinDestination>()
  const mappings = new Map<string, TwinMapping>()
  const filters = new Map<string, TwinFilter>()
  const instances = new Map<string, TwinInsertInstance>()
  const labels: JsonObject[] = []
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

  function createSource(body: JsonObject): TwinSource {
    const metadataId = textField(body, 'metadataId')
    sourceMetadata(metadataId)
    const slug = textField(body, 'slug')
    // That a slug is unique is sure; the status and the words are UNVERIFIED.
    if ([...sources.values()].some((each) => each.slug === slug)) {
      throw new ApiFault(409, 'conflict', `Source with slug ${slug} already exists.`, 'slug')
    }
    const settings = body.settings === undefined ? {} : objectField(body, 'settings')
    assertComplete(metadataId, settings)
    const source: TwinSource = {
      id: newId(),
      slug,
      name: slug,
      enabled: booleanField(body, 'enabled', true),
      settings,
      labels: [],
      metadataId,
      writeKeys: [newId(32)],
    }
    sources.set(source.id, source)
    return source
  }

  function createDestination(body: JsonObject): TwinDestination {
    const { id: sourceId } = take(sources, 'Source', textField(body, 'sourceId'))
    const metadataId = textField(body, 'metadataId')
    destinationMetadata(metadataId)
    const settings = objectField(body, 'settings')
    assertComplete(metadataId, settings)
    const destination: TwinDestination = {
      id: newId(),
      name: typeof body.name === 'string' ? body.name : '',
      enabled: booleanField(body, 'enabled', false),
      settings,
      sourceId,
      metadataId,
    }
    destinations.set(destination.id, destination)
    return destination
  }

  function createMapping(destinationId: string, body: JsonObject): TwinMapping {
    const { id, metadataId } = take(destinations, 'Destination', destinationId)
    const own = [...mappings.values()].filter((each) => each.destinationId === id)
    if (own.length >= MAX_MAPPINGS)
      throw badRequest(`A destination has at most ${MAX_MAPPINGS} mappings.`)
    const wanted = textField(body, 'actionId')
    const actions =
      options.catalogDestinations.find((each) => each.id === metadataId)?.actions ?? []
    const action = actions.find(({ slug }) => actionId(metadataId, slug) === wanted)
    if (!action) throw badRequest(`Action ${wanted} not found.`, 'actionId')
    const mapping: TwinMapping = {
      id: newId(),
      destinationId: id,
      actionId: wanted,
      actionSlug: action.slug,
      name: textField(body, 'name'),
      trigger: textField(body, 'trigger'),
      enabled: booleanField(body, 'enabled', true),
      settings: body.settings === undefined ? {} : objectField(body, 'settings'),
    }
    mappings.set(mapping.id, mapping)
    return mapping
  }

  function mappingOf(destinationId: string, id: string): TwinMapping {
    const found = take(mappings, 'Subscription', id)
    if (found.destinationId === destinationId) return found
    throw notFound('Subscription', id)
  }

  function createFilter(destinationId: string, body: JsonObject): TwinFilter {
    const destination = take(destinations, 'Destination', destinationId)
    const sourceId = textField(body, 'sourceId')
    if (destination.sourceId !== sourceId)
      throw badRequest('sourceId is of another source.', 'sourceId')
    const filter: TwinFilter = {
      id: newId(),
      sourceId,
      destinationId: destination.id,
      if: textField(body, 'if'),
      actions: actionsOf(body),
      title: textField(body, 'title'),
      description: typeof body.description === 'string' ? body.description : '',
      enabled: booleanField(body, 'enabled', false),
      createdAt: now(),
      updatedAt: now(),
    }
    filters.set(filter.id, filter)
    return filter
  }

  function createInstance(body: JsonObject): TwinInsertInstance {
    const functionId = textField(body, 'functionId')
    // Without its prefix, and of an insert function; a source insert was reported not to work (terraform issue 220).
    const own = functions.ofCatalogId(functionId)
    if (own?.resourceType !== 'INSERT_DESTINATION') {
      throw badRequest(`Insert function ${functionId} not found.`)
    }
    const integrationId = textField(body, 'integrationId')
    take(destinations, 'Destination', integrationId)
    if ([...instances.values()].some((each) => each.integrationId === integrationId)) {
      throw badRequest('The destination already has an insert function.', 'integrationId')
    }
    const instance: TwinInsertInstance = {
      id: newId(24),
      integrationId,
      classId: functionId,
      name: textField(body, 'name'),
      enabled: booleanField(body, 'enabled', false),
      settings: objectField(body, 'settings'),
      createdAt: now(),
      updatedAt: now(),
    }
    instances.set(instance.id, instance)
    return instance
  }

  const routes: readonly ApiRoute[] = [
    {
      method: 'POST',
      path: /^\/sources$/,
      version: 'v1',
      handle: ({ body }) => data({ source: shownSource(createSource(body)) }, 201),
    },
    {
      method: 'GET',
      path: /^\/sources$/,
      version: 'v1',
      handle: ({ query }) => page('sources', [...sources.values()].map(shownSource), query),
    },
    {
      method: 'GET',
      path: /^\/sources\/([^/]+)$/,
      version: 'v1',
      handle: (_, [id]) => data({ source: shownSource(take(sources, 'Source', id)) }),
    },
    {
      method: 'PATCH',
      path: /^\/sources\/([^/]+)$/,
      version: 'v1',
      handle({ body }, [id]) {
        const source = take(sources, 'Source', id)
        changeCommon(source, body)
        if (typeof body.slug === 'string') source.slug = body.slug
        return data({ source: shownSource(source) })
      },
    },
    {
      method: 'DELETE',
      path: /^\/sources\/([^/]+)$/,
      version: 'v1',
      handle(_, [id]) {
        sources.delete(take(sources, 'Source', id).id)
        return data(SUCCESS)
      },
    },
    {
      method: 'GET',
      path: /^\/sources\/([^/]+)\/connected-destinations$/,
      version: 'v1',
      handle({ query }, [id]) {
        const { id: sourceId } = take(sources, 'Source', id)
        const own = [...destinations.values()].filter((each) => each.sourceId === sourceId)
        return page('destinations', own.map(shownDestination), query)
      },
    },
    ...(['POST', 'PUT'] as const).map(
      (method): ApiRoute => ({
        method,
        path: /^\/sources\/([^/]+)\/labels$/,
        version: 'v1',
        handle({ body }, [id]) {
          const source = take(sources, 'Source', id)
          const given = listField(body, 'labels')
          source.labels = method === 'PUT' ? given : [...source.labels, ...given]
          return data({ labels: source.labels })
        },
      }),
    ),
    { method: 'GET', path: /^\/labels$/, version: 'v1', handle: () => data({ labels }) },
    {
      method: 'POST',
      path: /^\/labels$/,
      version: 'v1',
      handle({ body }) {
        const given = objectField(body, 'label')
        const label = { key: textField(given, 'key'), value: textField(given, 'value') }
        labels.push(label)
        return data({ label })
      },
    },
    {
      method: 'GET',
      path: /^\/catalog\/sources\/([^/]+)$/,
      version: 'v1',
      handle: (_, [id = '']) => data({ sourceMetadata: sourceMetadata(id) }),
    },
    {
      method: 'GET',
      path: /^\/catalog\/destinations\/([^/]+)$/,
      version: 'v1',
      handle: (_, [id = '']) => data({ destinationMetadata: destinationMetadata(id) }),
    },
    {
      method: 'POST',
      path: /^\/destinations$/,
      version: 'v1',
      handle: ({ body }) => data({ destination: shownDestination(createDestination(body)) }),
    },
    {
      method: 'GET',
      path: /^\/destinations$/,
      version: 'v1',
      handle: ({ query }) =>
        page('destinations', [...destinations.values()].map(shownDestination), query),
    },
    {
      method: 'GET',
      path: /^\/destinations\/([^/]+)$/,
      version: 'v1',
      handle: (_, [id]) =>
        data({ destination: shownDestination(take(destinations, 'Destination', id)) }),
    },
    {
      method: 'PATCH',
      path: /^\/destinations\/([^/]+)$/,
      version: 'v1',
      handle({ body }, [id]) {
        const destination = take(destinations, 'Destination', id)
        changeCommon(destination, body)
        return data({ destination: shownDestination(destination) })
      },
    },
    {
      method: 'DELETE',
      path: /^\/destinations\/([^/]+)$/,
      version: 'v1',
      handle(_, [id]) {
        const { id: gone } = take(destinations, 'Destination', id)
        destinations.delete(gone)
        for (const [key, { destinationId }] of mappings)
          if (destinationId === gone) mappings.delete(key)
        for (const [key, { destinationId }] of filters)
          if (destinationId === gone) filters.delete(key)
        for (const [key, { integrationId }] of instances)
          if (integrationId === gone) instances.delete(key)
        return data(SUCCESS)
      },
    },
    {
      method: 'POST',
      path: /^\/destinations\/([^/]+)\/subscriptions$/,
      version: 'v1alpha',
      limit: 'mapping-writes',
      handle: ({ body }, [id = '']) =>
        data({ destinationSubscription: { ...createMapping(id, body) } }),
    },
    {
      method: 'GET',
      path: /^\/destinations\/([^/]+)\/subscriptions$/,
      version: 'v1alpha',
      handle({ query }, [id]) {
        const { id: destinationId } = take(destinations, 'Destination', id)
        const own = [...mappings.values()].filter((each) => each.destinationId === destinationId)
        return page(
          'subscriptions',
          own.map((each) => ({ ...each })),
          query,
        )
      },
    },
    {
      method: 'GET',
      path: /^\/destinations\/([^/]+)\/subscriptions\/([^/]+)$/,
      version: 'v1alpha',
      handle: (_, [id = '', sid = '']) => data({ subscription: { ...mappingOf(id, sid) } }),
    },
    {
      method: 'PATCH',
      path: /^\/destinations\/([^/]+)\/subscriptions\/([^/]+)$/,
      version: 'v1alpha',
      limit: 'mapping-writes',
      handle({ body }, [id = '', sid = '']) {
        const mapping = mappingOf(id, sid)
        // The body is wrapped, unlike every other one.
        const input = objectField(body, 'input')
        if (typeof input.name === 'string') mapping.name = input.name
        if (typeof input.trigger === 'string') mapping.trigger = input.trigger
        mapping.enabled = booleanField(input, 'enabled', mapping.enabled)
        if (input.settings !== undefined) mapping.settings = objectField(input, 'settings')
        return data({ subscription: { ...mapping } })
      },
    },
    {
      method: 'DELETE',
      path: /^\/destinations\/([^/]+)\/subscriptions\/([^/]+)$/,
      version: 'v1alpha',
      limit: 'mapping-writes',
      handle(_, [id = '', sid = '']) {
        mappings.delete(mappingOf(id, sid).id)
        return data(SUCCESS)
      },
    },
    // Singular, unlike every other path of a destination.
    {
      method: 'POST',
      path: /^\/destination\/([^/]+)\/filters$/,
      version: 'v1',
      handle: ({ body }, [id = '']) => data({ filter: { ...createFilter(id, body) } }),
    },
    {
      method: 'GET',
      path: /^\/destination\/([^/]+)\/filters$/,
      version: 'v1',
      handle({ query }, [id]) {
        const { id: destinationId } = take(destinations, 'Destination', id)
        const own = [...filters.values()].filter((each) => each.destinationId === destinationId)
        return page(
          'filters',
          own.map((each) => ({ ...each })),
          query,
        )
      },
    },
    {
      method: 'GET',
      path: /^\/destination\/[^/]+\/filters\/([^/]+)$/,
      version: 'v1',
      handle: (_, [id]) => data({ filter: { ...take(filters, 'Filter', id) } }),
    },
    {
      method: 'PATCH',
      path: /^\/destination\/[^/]+\/filters\/([^/]+)$/,
      version: 'v1',
      handle({ body }, [id]) {
        const filter = take(filters, 'Filter', id)
        if (body.if !== undefined) filter.if = textField(body, 'if')
        if (body.actions !== undefined) filter.actions = actionsOf(body)
        if (typeof body.title === 'string') filter.title = body.title
        if (typeof body.description === 'string') filter.description = body.description
        filter.enabled = booleanField(body, 'enabled', filter.enabled)
        filter.updatedAt = now()
        return data({ filter: { ...filter } })
      },
    },
    {
      method: 'DELETE',
      path: /^\/destination\/[^/]+\/filters\/([^/]+)$/,
      version: 'v1',
      handle(_, [id]) {
        filters.delete(take(filters, 'Filter', id).id)
        return data(SUCCESS)
      },
    },
    {
      method: 'POST',
      path: /^\/insert-function-instances$/,
      version: 'v1alpha',
      handle: ({ body }) => data({ insertFunctionInstance: shownInstance(createInstance(body)) }),
    },
    {
      method: 'GET',
      path: /^\/insert-function-instances$/,
      version: 'v1alpha',
      handle({ query }) {
        const functionId = query.get('functionId')
        if (!functionId) throw badRequest('functionId is required.', 'functionId')
        const own = [...instances.values()].filter(({ classId }) => classId === functionId)
        return page('insertFunctionInstances', own.map(shownInstance), query)
      },
    },
    {
      method: 'GET',
      path: /^\/insert-function-instances\/([^/]+)$/,
      version: 'v1alpha',
      handle: (_, [id]) =>
        data({ insertFunctionInstance: shownInstance(take(instances, 'Instance', id)) }),
    },
    {
      method: 'PATCH',
      path: /^\/insert-function-instances\/([^/]+)$/,
      version: 'v1alpha',
      handle({ body }, [id]) {
        const instance = take(instances, 'Instance', id)
        instance.settings = objectField(body, 'settings')
        instance.enabled = booleanField(body, 'enabled', instance.enabled)
        if (typeof body.name === 'string') instance.name = body.name
        instance.updatedAt = now()
        return data({ insertFunctionInstance: shownInstance(instance) })
      },
    },
    {
      method: 'DELETE',
      path: /^\/insert-function-instances\/([^/]+)$/,
      version: 'v1alpha',
      handle(_, [id]) {
        instances.delete(take(instances, 'Instance', id).id)
        return data(SUCCESS)
      },
    },
  ]

  return {
    routes,
    createSource,
    source: (id: string) => take(sources, 'Source', id),
    sources: (): readonly TwinSource[] => [...sources.values()],
    destinations: (): readonly TwinDestination[] => [...destinations.values()],
    mappings: (): readonly TwinMapping[] => [...mappings.values()],
    filters: (): readonly TwinFilter[] => [...filters.values()],
    insertInstances: (): readonly TwinInsertInstance[] => [...instances.values()],
  }
}

// Settings are merged: what a PATCH does not name stays. Whether one may be removed so is UNVERIFIED.
function changeCommon(target: TwinSource | TwinDestination, body: JsonObject): void {
  if (typeof body.name === 'string') target.name = body.name
  target.enabled = booleanField(body, 'enabled', target.enabled)
  if (body.settings !== undefined) {
    target.settings = { ...target.settings, ...objectField(body, 'settings') }
  }
}

const FILTER_ACTIONS = new Set(['DROP', 'SAMPLE', 'ALLOW_PROPERTIES', 'DROP_PROPERTIES'])

function actionsOf(body: JsonObject): readonly Json[] {
  const actions = listField(body, 'actions')
  const isKnown = (action: Json) => isJsonObject(action) && FILTER_ACTIONS.has(String(action.type))
  if (actions.length > 0 && actions.every(isKnown)) return actions
  throw badRequest(
    'actions must name DROP, SAMPLE, ALLOW_PROPERTIES or DROP_PROPERTIES.',
    'actions',
  )
}
