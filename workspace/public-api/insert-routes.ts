// Insert functions before destinations.
import type { JsonObject } from '../../core/json.ts'
import {
  type ApiRoute,
  badRequest,
  booleanField,
  data,
  objectField,
  page,
  SUCCESS,
  textField,
} from './api-answers.ts'
import type { ConnectionBook, TwinInsertInstance } from './connection-book.ts'

export function insertRoutes(book: ConnectionBook) {
  const { functions, destinations, instances, newId, now, take, shownInstance } = book
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
  return { routes }
}
