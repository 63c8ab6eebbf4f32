// Sources, destinations, and what hangs on them: insert instances, mappings, filters, labels, the catalogue.
import type { ApiRoute } from './api-answers.ts'
import {
  type ConnectionsOptions,
  createConnectionBook,
  type TwinDestination,
  type TwinFilter,
  type TwinInsertInstance,
  type TwinMapping,
  type TwinSource,
} from './connection-book.ts'
import { destinationRoutes } from './destination-routes.ts'
import { filterRoutes } from './filter-routes.ts'
import { insertRoutes } from './insert-routes.ts'
import { mappingRoutes } from './mapping-routes.ts'
import { sourceRoutes } from './source-routes.ts'

export type Connections = ReturnType<typeof createConnections>

export function createConnections(options: ConnectionsOptions) {
  const book = createConnectionBook(options)
  const ofSources = sourceRoutes(book)
  const routes: readonly ApiRoute[] = [
    ofSources,
    destinationRoutes(book),
    mappingRoutes(book),
    filterRoutes(book),
    insertRoutes(book),
  ].flatMap((each) => each.routes)
  return {
    routes,
    createSource: ofSources.createSource,
    sources: (): readonly TwinSource[] => [...book.sources.values()],
    destinations: (): readonly TwinDestination[] => [...book.destinations.values()],
    mappings: (): readonly TwinMapping[] => [...book.mappings.values()],
    filters: (): readonly TwinFilter[] => [...book.filters.values()],
    insertInstances: (): readonly TwinInsertInstance[] => [...book.instances.values()],
  }
}
