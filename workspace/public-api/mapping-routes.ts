// Mappings, which the API calls subscriptions of a destination.
import type { JsonObject } from '../../core/json.ts'
import {
  type ApiRoute,
  badRequest,
  booleanField,
  data,
  notFound,
  objectField,
  page,
  SUCCESS,
  textField,
} from './api-answers.ts'
import type { ConnectionBook, TwinMapping } from './connection-book.ts'

export function mappingRoutes(book: ConnectionBook) {
  const { destinations, mappings, newId, take, actionId, actionsOf } = book
  function createMapping(destinationId: string, body: JsonObject): TwinMapping {
    const { id, metadataId } = take(destinations, 'Destination', destinationId)
    const own = [...mappings.values()].filter((each) => each.destinationId === id)
    if (own.length >= MAX_MAPPINGS)
      throw badRequest(`A destination has at most ${MAX_MAPPINGS} mappings.`)
    const wanted = textField(body, 'actionId')
    const actions = actionsOf(metadataId)
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

  const routes: readonly ApiRoute[] = [
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
  ]
  return { routes }
}

const MAX_MAPPINGS = 50
