// GET /v1/mappings?version=, /v1/mappings/versions, /v1/mappings/difference?before=&after=,
// /v1/mappings/unmapped?since=&limit= and /v1/mappings/destinations
import type { Context } from 'hono'
import { z } from 'zod'
import type { DestinationFile } from '../../../core/destination-schema.ts'
import { nameFindings } from '../../../core/mapping-check.ts'
import { mappingDifference as differenceBetween } from '../../../core/mapping-description.ts'
import { redact } from '../../../core/redact.ts'
import { listUnmapped } from '../../mapping-tallies.ts'
import { findMappingTable, listMappingVersions } from '../../mapping-versions.ts'
import {
  destinationMappings,
  mappingDifference,
  mappingTable,
  mappingVersions,
  unmappedNames,
} from '../answers/mappings.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { instant, limitOf } from '../parse-request.ts'
import { addRoute, route } from '../route.ts'

const version = z
  .string('want a mapping version, e.g. 2026-11-22+3f9c2a')
  .min(1)
  .max(255)
  .meta({ examples: ['2026-11-22+3f9c2a'] })

const getTable = route({
  method: 'get',
  path: '/v1/mappings',
  id: 'getMappingTable',
  tag: 'Mappings',
  summary: 'The mapping table, row by row: the one in force, or one of an earlier version',
  access: 'viewer',
  query: z.object({ version: version.optional() }),
  answer: mappingTable,
  errors: ['not_found'],
})

const listVersions = route({
  method: 'get',
  path: '/v1/mappings/versions',
  id: 'listMappingVersions',
  tag: 'Mappings',
  summary: 'The versions that messages came under and that stores started with, latest first',
  access: 'viewer',
  answer: mappingVersions,
})

const compareTables = route({
  method: 'get',
  path: '/v1/mappings/difference',
  id: 'compareMappingTables',
  tag: 'Mappings',
  summary: 'What a later mapping table says otherwise than an earlier one',
  access: 'viewer',
  query: z.object({ before: version, after: version }),
  answer: mappingDifference,
  errors: ['not_found'],
})

const listNames = route({
  method: 'get',
  path: '/v1/mappings/unmapped',
  id: 'listUnmappedNames',
  tag: 'Mappings',
  summary: 'Names that came without a row and have none still, the most frequent first',
  access: 'viewer',
  query: z.object({ since: instant.optional(), limit: limitOf(1000, 200) }),
  answer: unmappedNames,
})

const listOfDestinations = route({
  method: 'get',
  path: '/v1/mappings/destinations',
  id: 'listDestinationMappings',
  tag: 'Mappings',
  summary: 'What each destination is sent: its triggers, actions and mappings',
  access: 'viewer',
  answer: destinationMappings,
})

export function addMappingRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, table, destinationsOf } = options
  const { namesWithoutRow = new Set(), destinationFiles = new Map() } = options

  addRoute(app, getTable, async (context, { query }) => {
    const { environment } = context.var
    const wanted = query.version ?? table.version
    const found = await findMappingTable(database.pool, environment, wanted)
    if (!found) return unknownVersion(context, wanted)
    return { environment, is_in_force: wanted === table.version, ...found }
  })

  addRoute(app, listVersions, async (context) => {
    const { environment } = context.var
    const versions = await listMappingVersions(database.pool, environment, table.version)
    return { environment, versions }
  })

  addRoute(app, compareTables, async (context, { query }) => {
    const { environment } = context.var
    const find = (wanted: string) => findMappingTable(database.pool, environment, wanted)
    const [before, after] = await Promise.all([find(query.before), find(query.after)])
    if (!before) return unknownVersion(context, query.before)
    if (!after) return unknownVersion(context, query.after)
    return { environment, ...query, ...differenceBetween(before, after) }
  })

  addRoute(app, listNames, async (context, { query: { limit, since } }) => {
    const { environment } = context.var
    // Names that have got a row since, or have none on purpose (consent preferences too), are among them.
    const most = limit + table.rows.size + namesWithoutRow.size + 1
    const came = await listUnmapped(database.pool, environment, { since, limit: most })
    const names = came
      .flatMap((one) => {
        const [finding] = nameFindings(one.event, { table, unmapped: namesWithoutRow })
        if (!finding) return []
        const similar = finding.kind === 'case' ? table.similarTo(one.event) : undefined
        return [{ ...one, ...finding, similar_to: similar ?? null }]
      })
      .slice(0, limit)
    // A sender may name an event after a person.
    return context.json(redact({ environment, names }))
  })

  addRoute(app, listOfDestinations, (context) => {
    const { environment } = context.var
    const destinations = destinationsOf(environment).flatMap((name) => {
      const file = destinationFiles.get(name)
      return file ? [destinationMapping(name, file)] : []
    })
    return { environment, destinations }
  })
}

// Its settings stay out: they name secrets, and say nothing of what is mapped.
function destinationMapping(
  name: string,
  { definition, receives, mapping, subscriptions }: DestinationFile,
) {
  return {
    name,
    definition,
    receives,
    mapping,
    subscriptions: subscriptions.map(({ name, trigger, action, mapping }) => ({
      ...{ name, trigger, action, mapping },
    })),
  }
}

function unknownVersion(context: Context, wanted: string): Response {
  const message = `No store of this environment has had the mapping table ${wanted}; start one from the folder it was built from, or deploy the functions again: tracklayer deploy`
  return errorAnswer(context, 404, 'not_found', message)
}
