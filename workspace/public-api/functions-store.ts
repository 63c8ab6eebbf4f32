// Functions of the workspace: code with versions, of which one may be deployed.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Clock, Random } from '../../core/clock.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { randomText } from '../twins/vendor-ids.ts'
import {
  type ApiRoute,
  badRequest,
  data,
  listField,
  notFound,
  page,
  SUCCESS,
  textField,
} from './api-answers.ts'
import type { SettingSchema } from './secret-settings.ts'

export const RESOURCE_TYPES = [
  'DESTINATION',
  'SOURCE',
  'INSERT_DESTINATION',
  'INSERT_SOURCE',
] as const
export type ResourceType = (typeof RESOURCE_TYPES)[number]

// `dfn_`, `ifnd_` and `ifns_` are documented; the source's is UNVERIFIED.
const PREFIXES: Readonly<Record<ResourceType, string>> = {
  DESTINATION: 'dfn_',
  SOURCE: 'sfnd_',
  INSERT_DESTINATION: 'ifnd_',
  INSERT_SOURCE: 'ifns_',
}

interface FunctionVersion {
  readonly id: string
  readonly code: string
  readonly createdAt: string
  deployedAt: string | null
}

export interface TwinFunction {
  readonly id: string
  readonly catalogId: string
  readonly resourceType: ResourceType
  displayName: string
  description: string
  logoUrl: string
  settings: readonly SettingSchema[]
  readonly createdAt: string
  /** Newest last. */
  readonly versions: FunctionVersion[]
  deployed: FunctionVersion | null
}

export interface FunctionsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly workspaceName: string
  /**
   * Whether `POST /functions/{id}/deploy` works for every kind. The SDK says "only applicable to Source Function
   * instances", and how the others go live through the API is UNVERIFIED; `sources-only` refuses them.
   */
  readonly deploys: 'every-kind' | 'sources-only'
  /** Folder that gets each deployed code as `<id>.js`, byte for byte, for `createWorkspace` to load. */
  readonly deployTo?: string | undefined
}

export interface Functions {
  readonly routes: readonly ApiRoute[]
  list(): readonly TwinFunction[]
  ofCatalogId(catalogId: string): TwinFunction | undefined
  find(id: string): TwinFunction | undefined
  /** "Save & Deploy" in the app. */
  clickDeploy(id: string): void
  /** Path of the code that runs; undefined when nothing is deployed. */
  fileOf(id: string): string | undefined
}

export function createFunctions(options: FunctionsOptions): Functions {
  const { clock, random } = options
  const functions = new Map<string, TwinFunction>()
  const now = () => new Date(clock.now()).toISOString()
  const hexId = () => randomText(random, 24, '0123456789abcdef')

  function require(id: string): TwinFunction {
    const found = functions.get(id)
    if (found) return found
    throw notFound('Function', id)
  }

  function addVersion({ versions }: TwinFunction, code: string): FunctionVersion {
    const version = { id: hexId(), code, createdAt: now(), deployedAt: null }
    versions.push(version)
    return version
  }

  function create(body: JsonObject): TwinFunction {
    const resourceType = resourceTypeOf(body.resourceType)
    const catalogId = hexId()
    const made: TwinFunction = {
      id: PREFIXES[resourceType] + catalogId,
      catalogId,
      resourceType,
      displayName: textField(body, 'displayName'),
      description: typeof body.description === 'string' ? body.description : '',
      logoUrl: typeof body.logoUrl === 'string' ? body.logoUrl : '',
      settings: body.settings === undefined ? [] : schemaOf(listField(body, 'settings')),
      createdAt: now(),
      versions: [],
      deployed: null,
    }
    addVersion(made, textField(body, 'code'))
    functions.set(made.id, made)
    return made
  }

  function update(found: TwinFunction, body: JsonObject): void {
    if (body.resourceType !== undefined) throw badRequest('resourceType cannot be changed.')
    const code = body.code === undefined ? null : textField(body, 'code')
    const settings = body.settings === undefined ? null : schemaOf(listField(body, 'settings'))
    if (settings) found.settings = settings
    for (const name of ['displayName', 'description', 'logoUrl'] as const) {
      if (typeof body[name] === 'string') found[name] = body[name]
    }
    if (code !== null) addVersion(found, code)
  }

  function deploy(found: TwinFunction): void {
    const version = found.versions.at(-1)
    if (!version) throw badRequest('Nothing to deploy.')
    version.deployedAt = now()
    found.deployed = version
    const file = fileOf(found.id)
    if (!file) return
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, version.code)
  }

  function fileOf(id: string): string | undefined {
    if (!options.deployTo || !functions.get(id)?.deployed) return undefined
    return path.join(options.deployTo, `${id}.js`)
  }

  function restore(found: TwinFunction, versionId: string): FunctionVersion {
    const version = found.versions.find(({ id }) => id === versionId)
    if (!version) throw notFound('Version', versionId)
    return addVersion(found, version.code)
  }

  const shown = (found: TwinFunction) => whole(found, options.workspaceName)

  const routes: readonly ApiRoute[] = [
    {
      method: 'POST',
      path: /^\/functions$/,
      version: 'v1',
      handle: ({ body }) => data({ function: shown(create(body)) }),
    },
    {
      method: 'GET',
      path: /^\/functions$/,
      version: 'v1',
      handle({ query }) {
        const wanted = resourceTypeOf(query.get('resourceType'))
        const listed = [...functions.values()].filter((each) => each.resourceType === wanted)
        return page(
          'functions',
          listed.map((each) => brief(shown(each))),
          query,
        )
      },
    },
    {
      method: 'GET',
      path: /^\/functions\/([^/]+)$/,
      version: 'v1',
      handle: (_, [id = '']) => data({ function: shown(require(id)) }),
    },
    {
      method: 'PATCH',
      path: /^\/functions\/([^/]+)$/,
      version: 'v1',
      handle({ body }, [id = '']) {
        const found = require(id)
        update(found, body)
        return data({ function: shown(found) })
      },
    },
    {
      method: 'DELETE',
      path: /^\/functions\/([^/]+)$/,
      version: 'v1',
      handle(_, [id = '']) {
        functions.delete(require(id).id)
        return data(SUCCESS)
      },
    },
    {
      method: 'POST',
      path: /^\/functions\/([^/]+)\/deploy$/,
      version: 'v1',
      handle(_, [id = '']) {
        const found = require(id)
        if (options.deploys === 'sources-only' && found.resourceType !== 'SOURCE') {
          throw badRequest('Only applicable to Source Function instances.')
        }
        deploy(found)
        return data({ functionDeployment: SUCCESS })
      },
    },
    {
      method: 'GET',
      path: /^\/functions\/([^/]+)\/versions$/,
      version: 'v1alpha',
      handle({ query }, [id = '']) {
        const found = require(id)
        return page(
          'versions',
          found.versions.map((each) => versionShown(found, each)),
          query,
        )
      },
    },
    {
      method: 'GET',
      path: /^\/functions\/([^/]+)\/versions\/([^/]+)$/,
      version: 'v1alpha',
      handle(_, [id = '', versionId = '']) {
        const found = require(id)
        const version = found.versions.find((each) => each.id === versionId)
        if (!version) throw notFound('Version', versionId)
        return data({ version: versionShown(found, version) })
      },
    },
    {
      method: 'POST',
      path: /^\/functions\/([^/]+)\/versions$/,
      version: 'v1alpha',
      handle({ body }, [id = '']) {
        const found = require(id)
        return data({
          version: versionShown(found, restore(found, textField(body, 'versionId'))),
        })
      },
    },
  ]

  return {
    routes,
    list: () => [...functions.values()],
    ofCatalogId: (catalogId) =>
      [...functions.values()].find((each) => each.catalogId === catalogId),
    find: (id) => functions.get(id),
    clickDeploy: (id) => deploy(require(id)),
    fileOf,
  }
}

function whole(found: TwinFunction, workspaceName: string): JsonObject {
  const latest = found.versions.at(-1)
  return {
    id: found.id,
    displayName: `${found.displayName} (${workspaceName})`,
    description: found.description,
    logoUrl: found.logoUrl,
    code: latest?.code ?? '',
    createdAt: found.createdAt,
    previewWebhookUrl: '',
    settings: found.settings.map((setting) => ({ ...setting })),
    catalogId: found.catalogId,
    batchMaxCount: 0,
    resourceType: found.resourceType,
    deployedAt: found.deployed?.deployedAt ?? null,
    isLatestVersion: found.deployed !== null && found.deployed === latest,
  }
}

// Items of a list lack code and settings.
function brief({ code: _, settings: __, ...rest }: JsonObject): JsonObject {
  return rest
}

function versionShown({ deployed }: TwinFunction, version: FunctionVersion): JsonObject {
  return { ...version, isDeployed: version === deployed }
}

function resourceTypeOf(value: unknown): ResourceType {
  const found = RESOURCE_TYPES.find((type) => type === value)
  if (found) return found
  throw badRequest(`resourceType must be one of ${RESOURCE_TYPES.join(', ')}.`, 'resourceType')
}

const SETTING_TYPES = new Set(['STRING', 'BOOLEAN', 'ARRAY', 'TEXT_MAP'])

// "All six keys of a setting are required by the model."
function schemaOf(settings: readonly Json[]): SettingSchema[] {
  return settings.map((setting, index) => {
    const fault = isJsonObject(setting) ? settingFault(setting) : 'must be an object'
    if (fault) throw badRequest(`settings[${index}]: ${fault}.`, 'settings')
    return setting as unknown as SettingSchema
  })
}

function settingFault(setting: JsonObject): string | null {
  for (const name of ['name', 'label', 'description', 'type']) {
    if (typeof setting[name] !== 'string') return `${name} is required`
  }
  for (const name of ['required', 'sensitive']) {
    if (typeof setting[name] !== 'boolean') return `${name} is required`
  }
  return SETTING_TYPES.has(String(setting.type)) ? null : 'type is unknown'
}
