// Functions: code and settings schema from dist/, deployed, and read back byte for byte.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { TrackLayerError } from '../../core/errors.ts'
import { type JsonObject, objectAt } from '../../core/json.ts'
import { PublicApiError } from '../segment/public-api.ts'
import type { Resource, Run, Standing } from './resource.ts'

export const FUNCTION_TYPES = {
  destination: 'DESTINATION',
  source: 'SOURCE',
  insert: 'INSERT_DESTINATION',
} as const
export type FunctionName = keyof typeof FUNCTION_TYPES

export interface BuiltFunction {
  readonly code: string
  /** The settings schema. */
  readonly settings: readonly JsonObject[]
}

/** What `tracklayer build` made; null where there is no such function. @throws TrackLayerError SETTINGS_INVALID */
export function readBuilt(dist: string, name: FunctionName): BuiltFunction | null {
  const file = path.join(dist, 'functions', `${name}.js`)
  if (!existsSync(file)) {
    if (name === 'insert') return null
    throw new TrackLayerError('SETTINGS_INVALID', `${file} is missing; run: npm run build`)
  }
  const settings = readFileSync(file.replace(/\.js$/, '.settings.json'), 'utf8')
  return { code: readFileSync(file, 'utf8'), settings: JSON.parse(settings) }
}

const DESCRIPTIONS: Readonly<Record<FunctionName, string>> = {
  destination: 'Sends canonical, signed messages to the TrackLayer store.',
  source: 'Takes what the TrackLayer store confirms back into Segment.',
  insert: 'Checks the tracking plan and keeps personal data in.',
}

export function functionResource(
  name: FunctionName,
  displayName: string,
  { code, settings }: BuiltFunction,
): Resource {
  const key = `function:${name}`
  const wanted = { displayName, description: DESCRIPTIONS[name], settings, code, deployed: true }

  async function find(run: Run): Promise<string | null> {
    const known = run.placed(key)
    if (known && (await run.api.get(known.path))) return known.path
    const query = { resourceType: FUNCTION_TYPES[name] }
    const listed = await run.api.list('/functions', 'functions', { query })
    const found = listed.find((each) => plainName(each, run) === displayName)
    return found ? `/functions/${found.id}` : null
  }

  async function look(run: Run): Promise<Standing | null> {
    const at = await find(run)
    const shown = at ? objectAt(await run.api.get(at), 'function') : undefined
    if (!at || !shown) return null
    const own = {
      displayName: plainName(shown, run),
      description: shown.description ?? '',
      settings: shown.settings ?? [],
    }
    const fields = { ...own, code: shown.code ?? '', deployed: shown.isLatestVersion === true }
    const before = { ...own, versionId: await deployedVersion(run, at) }
    return { id: String(shown.id), path: at, fields, before, shown }
  }

  return {
    key,
    kind: 'function',
    title: `${name} function "${displayName}"`,
    needs: [],
    secrets: {},
    code,
    look,
    wanted: () => wanted,
    async create(run) {
      const { deployed: _, ...body } = wanted
      const more = { logoUrl: '', resourceType: FUNCTION_TYPES[name] }
      const data = await run.api.send('POST', '/functions', { ...body, ...more })
      return `/functions/${objectAt(data, 'function')?.id}`
    },
    async update(run, { path: at }, changes) {
      const names = new Set(changes.map(({ field }) => field))
      const { deployed: _, ...body } = wanted
      const part = Object.fromEntries(Object.entries(body).filter(([field]) => names.has(field)))
      if (Object.keys(part).length > 0) await run.api.send('PATCH', at, part)
      await deployFunction(run, at)
    },
    byHand: {
      fields: ['deployed'],
      clicks: [`Connections → Catalog → Functions → ${displayName} → Save & Deploy`],
    },
  }
}

/** A refusal is no fault: whether this works for functions other than sources is not documented, and the result is read back. */
export async function deployFunction({ api }: Pick<Run, 'api'>, at: string): Promise<void> {
  try {
    await api.send('POST', `${at}/deploy`)
  } catch (error) {
    if (!(error instanceof PublicApiError) || error.status === 401) throw error
  }
}

/** Id of the version that runs now; null where none does or none is shown (the endpoint is alpha). */
export async function deployedVersion(
  { api }: Pick<Run, 'api'>,
  at: string,
): Promise<string | null> {
  try {
    const versions = await api.list(`${at}/versions`, 'versions', { alpha: true })
    const deployed = versions.find(({ isDeployed }) => isDeployed === true)
    return typeof deployed?.id === 'string' ? deployed.id : null
  } catch (error) {
    if (error instanceof PublicApiError && error.status !== 401) return null
    throw error
  }
}

// Segment shows "TrackLayer (My Workspace)" for what was made as "TrackLayer".
function plainName({ displayName }: JsonObject, { workspaceName }: Run): string {
  const name = String(displayName ?? '')
  const suffix = ` (${workspaceName})`
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : name
}

export function catalogIdOf(standing: Standing | undefined): string {
  const { catalogId } = standing?.shown ?? {}
  if (typeof catalogId === 'string' && catalogId) return catalogId
  throw new TrackLayerError('RECEIVER_REJECTED', 'Segment names no catalogId for the function')
}
