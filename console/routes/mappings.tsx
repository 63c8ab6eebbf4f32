// Mappings: the table in force, what destinations make of it, its versions, and what it does not cover.
import type {
  DestinationMapping,
  MappingDifferenceStory,
  MappingTableStory,
  MappingVersion,
  UnmappedName,
  Violation,
} from '../api-types.ts'
import type { ConsoleApp } from '../app.tsx'
import { MappingTablePage } from '../pages/mappings.tsx'
import { DestinationMappingsPage } from '../pages/mappings-destinations.tsx'
import { NamesPage, RECENT_DAYS } from '../pages/mappings-names.tsx'
import { VersionsPage } from '../pages/mappings-versions.tsx'
import { ViolationsPage } from '../pages/mappings-violations.tsx'
import type { MappingsProps } from '../parts/mappings-frame.tsx'
import { pathWith, type StoreApi, type StoreOf } from '../store-api.ts'
import type { Viewer } from '../viewer.ts'

const DAY_MS = 86_400_000

export function addMappingPages(app: ConsoleApp, store: StoreOf): void {
  app.get('/mappings', async (context) => {
    const asked = store(context)
    const [about, table] = await Promise.all([
      readAbout(asked, context.var.viewer),
      asked.get<MappingTableStory>('/v1/mappings'),
    ])
    const q = context.req.query('q')?.trim() ?? ''
    return context.html(<MappingTablePage {...about} table={table} q={q} />)
  })

  app.get('/mappings/destinations', async (context) => {
    const asked = store(context)
    const [about, { destinations }] = await Promise.all([
      readAbout(asked, context.var.viewer),
      asked.get<{ destinations: DestinationMapping[] }>('/v1/mappings/destinations'),
    ])
    return context.html(<DestinationMappingsPage {...about} destinations={destinations} />)
  })

  app.get('/mappings/versions', async (context) => {
    const asked = store(context)
    const [about, { versions }] = await Promise.all([
      readAbout(asked, context.var.viewer),
      asked.get<{ versions: MappingVersion[] }>('/v1/mappings/versions'),
    ])
    const pair = pairOf(versions, context.req.query())
    const difference = pair
      ? await asked.get<MappingDifferenceStory>(pathWith('/v1/mappings/difference', pair))
      : null
    return context.html(<VersionsPage {...about} versions={versions} difference={difference} />)
  })

  app.get('/mappings/names', async (context) => {
    const isEver = context.req.query('since') === 'ever'
    const about = await readAbout(store(context), context.var.viewer, isEver)
    return context.html(<NamesPage {...about} isEver={isEver} />)
  })

  app.get('/mappings/violations', async (context) => {
    const about = await readAbout(store(context), context.var.viewer)
    return context.html(<ViolationsPage {...about} />)
  })
}

async function readAbout(store: StoreApi, viewer: Viewer, isEver = false): Promise<MappingsProps> {
  const since = new Date(viewer.look.nowMs - RECENT_DAYS * DAY_MS).toISOString()
  const [{ names }, { violations }] = await Promise.all([
    store.get<{ names: UnmappedName[] }>(
      pathWith('/v1/mappings/unmapped', isEver ? {} : { since }),
    ),
    store.get<{ violations: Violation[] }>('/v1/violations?limit=200'),
  ])
  return { viewer, names, violations }
}

/** What was asked for; else the table in force against the one before it. Null where there are no two. */
function pairOf(
  versions: readonly MappingVersion[],
  { before, after }: Readonly<Record<string, string | undefined>>,
): { readonly before: string; readonly after: string } | null {
  const [latest, previous] = versions.filter(({ started }) => started !== null)
  if (before && after) return { before, after }
  if (!latest || !previous) return null
  return { before: before || previous.version, after: after || latest.version }
}
