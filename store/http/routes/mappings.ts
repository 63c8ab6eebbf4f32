// GET /v1/mappings?version=, /v1/mappings/versions, /v1/mappings/difference?before=&after=,
// /v1/mappings/unmapped?since=&limit= and /v1/mappings/destinations
import type { Context } from 'hono'
import { z } from 'zod'
import type { DestinationFile } from '../../../core/destination-schema.ts'
import { nameFindings } from '../../../core/mapping-check.ts'
import { mappingDifference } from '../../../core/mapping-description.ts'
import { redact } from '../../../core/redact.ts'
import { listUnmapped } from '../../mapping-tallies.ts'
import { findMappingTable, listMappingVersions } from '../../mapping-versions.ts'
import type { StoreApp, StoreEnv, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { instant, limitOf, parseRequest } from '../parse-request.ts'

const version = z.string('want a mapping version, e.g. 2026-11-22+3f9c2a').min(1).max(255)
const tableQuery = z.object({ version: version.optional() })
const differenceQuery = z.object({ before: version, after: version })
const unmappedQuery = z.object({ since: instant.optional(), limit: limitOf(1000, 200) })

export function addMappingRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, table, destinationsOf } = options
  const { namesWithoutRow = new Set(), destinationFiles = new Map() } = options

  app.get('/v1/mappings', async (context) => {
    const query = parseRequest(context, tableQuery, context.req.query())
    if (query instanceof Response) return query
    const { environment } = context.var
    const wanted = query.version ?? table.version
    const found = await findMappingTable(database.pool, environment, wanted)
    if (!found) return unknownVersion(context, wanted)
    return context.json({ environment, is_in_force: wanted === table.version, ...found })
  })

  app.get('/v1/mappings/versions', async (context) => {
    const { environment } = context.var
    const versions = await listMappingVersions(database.pool, environment, table.version)
    return context.json({ environment, versions })
  })

  app.get('/v1/mappings/difference', async (context) => {
    const query = parseRequest(context, differenceQuery, context.req.query())
    if (query instanceof Response) return query
    const { environment } = context.var
    const find = (wanted: string) => findMappingTable(database.pool, environment, wanted)
    const [before, after] = await Promise.all([find(query.before), find(query.after)])
    if (!before) return unknownVersion(context, query.before)
    if (!after) return unknownVersion(context, query.after)
    return context.json({ environment, ...query, ...mappingDifference(before, after) })
  })

  app.get('/v1/mappings/unmapped', async (context) => {
    const query = parseRequest(context, unmappedQuery, context.req.query())
    if (query instanceof Response) return query
    const { environment } = context.var
    const { limit, since } = query
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

  app.get('/v1/mappings/destinations', (context) => {
    const { environment } = context.var
    const destinations = destinationsOf(environment).flatMap((name) => {
      const file = destinationFiles.get(name)
      return file ? [destinationMapping(name, file)] : []
    })
    return context.json({ environment, destinations })
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

function unknownVersion(context: Context<StoreEnv>, wanted: string): Response {
  const message = `No store of this environment has had the mapping table ${wanted}; start one from the folder it was built from, or deploy the functions again: tracklayer deploy`
  return errorAnswer(context, 404, 'not_found', message)
}
