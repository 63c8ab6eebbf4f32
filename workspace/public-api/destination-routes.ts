// Destinations and their catalogue.
import type { JsonObject } from '../../core/json.ts'
import {
  type ApiRoute,
  booleanField,
  data,
  objectField,
  page,
  SUCCESS,
  textField,
} from './api-answers.ts'
import { type ConnectionBook, changeCommon, type TwinDestination } from './connection-book.ts'

export function destinationRoutes(book: ConnectionBook) {
  const {
    sources,
    destinations,
    mappings,
    filters,
    instances,
    newId,
    take,
    destinationMetadata,
    assertComplete,
    shownDestination,
  } = book
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

  const routes: readonly ApiRoute[] = [
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
  ]
  return { routes }
}
