// All that a deploy wants in the workspace, in the order in which one builds on the other.
import { TrackLayerError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { isJsonObject, objectAt } from '../../core/json.ts'
import {
  type BuiltFunction,
  catalogIdOf,
  type FunctionName,
  functionResource,
  readBuilt,
} from './functions.ts'
import { readPresets } from './presets.ts'
import { NotByApi, ordinary, type Resource, type Run } from './resource.ts'
import type { DeployTarget } from './settings.ts'
import { planResources } from './tracking-plan.ts'

export interface Wanted {
  readonly target: DeployTarget
  readonly environment: string
  readonly dist: string
  /** Values of the settings that Segment hides, by name. */
  readonly secrets: {
    readonly secret: string
    readonly returned?: string
    readonly piiKey?: string
  }
  /** Rules of the tracking plan; null for none. */
  readonly rules: readonly JsonObject[] | null
  /** The workspace's sources: slug → id. */
  readonly sourceIds: ReadonlyMap<string, string>
}

/** @throws TrackLayerError SETTINGS_INVALID naming what is missing */
export function wantedResources(wanted: Wanted): Resource[] {
  const { target, rules } = wanted
  const ids = target.sources.map((slug) => sourceIdOf(wanted, slug))
  return [
    ...functionResources(wanted),
    ...(target.returns === null ? [] : [returnSource(wanted, target.returns)]),
    ...target.sources.flatMap((slug, index) => destinationOf(wanted, slug, ids[index] ?? '')),
    ...target.insert_before.map((before) => insertInstance(wanted, before)),
    ...(target.tracking_plan && rules ? planResources(target.tracking_plan, rules, ids) : []),
  ]
}

function functionResources({ target, dist }: Wanted): Resource[] {
  const { name } = target
  const made: (readonly [FunctionName, string])[] = [
    ...(target.action_destination ? [] : [['destination', name] as const]),
    ...(target.returns === null ? [] : [['source', `${name} Returns`] as const]),
    ...(target.insert_before.length === 0 ? [] : [['insert', `${name} Insert`] as const]),
  ]
  return made.map(([kind, displayName]) => functionResource(kind, displayName, built(dist, kind)))
}

function built(dist: string, kind: FunctionName): BuiltFunction {
  const found = readBuilt(dist, kind)
  if (found) return found
  const message =
    'insert_before is set and there is no dist/functions/insert.js; run: npm run build'
  throw new TrackLayerError('SETTINGS_INVALID', message)
}

function sourceIdOf({ sourceIds }: Wanted, slug: string): string {
  const id = sourceIds.get(slug)
  if (id !== undefined) return id
  const there = [...sourceIds.keys()].join(', ') || 'none'
  const message = `The workspace has no source "${slug}"; it has: ${there}. Correct sources in deploy.yaml`
  throw new TrackLayerError('SETTINGS_INVALID', message)
}

function returnSource(wanted: Wanted, slug: string): Resource {
  const { target, environment, secrets } = wanted
  if (secrets.returned === undefined) {
    const name = `SEGMENT_RETURN_SECRET_${environment.toUpperCase().replaceAll('-', '_')}`
    const message = `${name} is not set: the store signs with it what comes back. Set it, or returns: null in deploy.yaml`
    throw new TrackLayerError('SETTINGS_INVALID', message)
  }
  const clicks = [
    `Connections → Catalog → Functions → ${target.name} Returns → Connect Source, slug ${slug}`,
    'then run this again: it takes over from there',
  ]
  return ordinary({
    key: 'source:returns',
    kind: 'source',
    title: `source "${slug}"`,
    needs: ['function:source'],
    secrets: { secret: secrets.returned },
    place: () => ({ path: '/sources' }),
    matches: (item) => item.slug === slug,
    check: (run) =>
      assertInCatalog(run, 'sources', catalogIdOf(run.standings.get('function:source')), clicks),
    fixed: (run) => ({ metadataId: catalogIdOf(run.standings.get('function:source')) }),
    body: () => ({ slug, enabled: true, settings: { account: target.account, environment } }),
  })
}

function destinationOf(wanted: Wanted, slug: string, sourceId: string): Resource[] {
  const { target } = wanted
  const key = `destination:${slug}`
  const own = target.action_destination
  const clicks = [
    `Connections → Catalog → Functions → ${target.name} → Connect Destination, source ${slug}`,
    'then run this again: it fills in the settings',
  ]
  const metadataOf = (run: Run) =>
    own?.metadata_id ?? catalogIdOf(run.standings.get('function:destination'))
  const destination = ordinary({
    key,
    kind: 'destination',
    title: `destination "${target.name}" of source ${slug}`,
    needs: own ? [] : ['function:destination'],
    secrets: destinationSecrets(wanted),
    place: () => ({ path: '/destinations' }),
    matches: (item, run) =>
      item.sourceId === sourceId && objectAt(item, 'metadata')?.id === metadataOf(run),
    check: (run) => assertInCatalog(run, 'destinations', metadataOf(run), clicks),
    fixed: (run) => ({ sourceId, metadataId: metadataOf(run) }),
    body: () => ({ name: target.name, enabled: true, settings: destinationSettings(wanted) }),
  })
  return [
    destination,
    ...(own ? mappingsOf(key, wanted.dist) : []),
    ...(target.allowlist.length === 0 ? [] : [filterOf(key, sourceId, target.allowlist)]),
  ]
}

function destinationSettings({ target, environment }: Wanted): JsonObject {
  const { store_url: storeUrl, account, allowlist } = target
  const names = target.action_destination ? allowlist.join(', ') : [...allowlist]
  return { storeUrl, account, environment, allowlist: names }
}

function destinationSecrets({ secrets, target, dist }: Wanted): Record<string, string> {
  const { secret } = secrets
  return target.action_destination
    ? { secret }
    : { secret, ...piiKeyOf(secrets.piiKey, built(dist, 'destination')) }
}

// Asked for by the function only where the PII policy has a keyed action.
function piiKeyOf(piiKey: string | undefined, { settings }: BuiltFunction): Record<string, string> {
  if (!settings.some(({ name }) => name === 'piiKey')) return {}
  if (piiKey) return { piiKey }
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    'mappings/pii.yaml has keyed actions: set TRACKLAYER_PII_KEY, the same for ever (openssl rand -hex 32)',
  )
}

function insertInstance(
  { target, dist, secrets }: Wanted,
  { id: destinationId, settings }: DeployTarget['insert_before'][number],
): Resource {
  const { settings: schema } = built(dist, 'insert')
  const hidden = new Set(schema.filter(({ sensitive }) => sensitive).map(({ name }) => name))
  const isHidden = ([name]: [string, string]) => hidden.has(name)
  const entries = Object.entries(settings)
  const shown = Object.fromEntries(entries.filter((entry) => !isHidden(entry)))
  const functionId = (run: Run) => unprefixed(run.standings.get('function:insert')?.id ?? '')
  return ordinary({
    key: `insert:${destinationId}`,
    kind: 'insert',
    title: `insert function before destination ${destinationId}`,
    needs: ['function:insert'],
    secrets: {
      ...Object.fromEntries(entries.filter(isHidden)),
      ...piiKeyOf(secrets.piiKey, built(dist, 'insert')),
    },
    place: (run) => ({
      path: '/insert-function-instances',
      query: { functionId: functionId(run) },
    }),
    matches: (item) => item.integrationId === destinationId,
    fixed: (run) => ({ functionId: functionId(run), integrationId: destinationId }),
    body: () => ({ name: `${target.name} Insert`, enabled: true, settings: shown }),
  })
}

/** The endpoint wants the id without its prefix (terraform issue 85). */
export function unprefixed(functionId: string): string {
  return functionId.replace(/^if(nd|ns)_/, '')
}

function mappingsOf(destinationKey: string, dist: string): Resource[] {
  return readPresets(dist).map((preset) =>
    ordinary({
      key: `mapping:${destinationKey.slice('destination:'.length)}:${preset.name}`,
      kind: 'mapping',
      title: `mapping "${preset.name}"`,
      needs: [destinationKey],
      place: (run) => ({
        path: `/destinations/${run.standings.get(destinationKey)?.id}/subscriptions`,
      }),
      matches: (item) => item.name === preset.name,
      fixed: (run) => ({ actionId: actionIdOf(run, destinationKey, preset.partnerAction) }),
      body: () => ({
        name: preset.name,
        trigger: preset.subscribe,
        enabled: true,
        settings: JSON.parse(JSON.stringify(preset.mapping ?? {})),
      }),
    }),
  )
}

// Action ids differ from workspace to workspace; slugs do not.
function actionIdOf({ standings }: Run, destinationKey: string, slug: string): string {
  const actions: Json | undefined = objectAt(
    standings.get(destinationKey)?.shown,
    'metadata',
  )?.actions
  const found = Array.isArray(actions)
    ? actions.filter(isJsonObject).find((action) => action.slug === slug)
    : undefined
  if (typeof found?.id === 'string') return found.id
  const message = `The destination in Segment's catalogue has no action "${slug}"; is metadata_id in deploy.yaml TrackLayer's?`
  throw new TrackLayerError('SETTINGS_INVALID', message)
}

function filterOf(
  destinationKey: string,
  sourceId: string,
  allowlist: readonly string[],
): Resource {
  const others = allowlist.map((event) => `event != "${event}"`).join(' and ')
  return ordinary({
    key: `filter:${destinationKey.slice('destination:'.length)}`,
    kind: 'filter',
    title: `filter for ${allowlist.length} allowed event(s)`,
    needs: [destinationKey],
    place: (run) => ({ path: `/destination/${run.standings.get(destinationKey)?.id}/filters` }),
    matches: (item) => item.title === FILTER_TITLE,
    fixed: () => ({ sourceId }),
    body: () => ({
      title: FILTER_TITLE,
      if: `type = "track" and ${others}`,
      actions: [{ type: 'DROP' }],
      enabled: true,
    }),
  })
}

const FILTER_TITLE = 'TrackLayer event allowlist'

// That a function's catalogId is the metadataId follows from the API's models and is shown nowhere: asked first, so that a
// wrong guess ends in clicks and not in a half-made connection.
async function assertInCatalog(
  { api }: Run,
  what: 'sources' | 'destinations',
  id: string,
  clicks: readonly string[],
): Promise<void> {
  if (await api.get(`/catalog/${what}/${id}`)) return
  throw new NotByApi(`Segment's catalogue shows no ${id} among the ${what}`, clicks)
}
