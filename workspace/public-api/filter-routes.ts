// Filters of a destination. Their path has `destination` in the singular, unlike every other one.
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import {
  type ApiRoute,
  badRequest,
  booleanField,
  data,
  listField,
  page,
  SUCCESS,
  textField,
} from './api-answers.ts'
import type { ConnectionBook, TwinFilter } from './connection-book.ts'

export function filterRoutes(book: ConnectionBook) {
  const { destinations, filters, newId, now, take } = book
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

  const routes: readonly ApiRoute[] = [
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
  ]
  return { routes }
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
