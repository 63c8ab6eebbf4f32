// Loads a definition of @segment/action-destinations with modules of its own for every destination that runs it. Many
// definitions keep tokens in module variables and secrets in `process.env`; loaded by `require` both would be shared by
// every account and environment of the process. Here a definition sees the variables its own file gives it and no other,
// and whatever could open a connection past the host's request client is refused. Its files are CommonJS (3.497.0).
// This keeps accidents in, not attackers: the code still runs in this process.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { compileFunction } from 'node:vm'
import * as actionsCore from '@segment/actions-core'
import { TrackLayerError } from '../../core/errors.ts'

export interface PackageModules {
  /** `module.exports` of the definition's index. */
  readonly exports: unknown
  /** Names that its files read from `process.env`. */
  readonly variables: ReadonlySet<string>
}

export interface PackageModulesOptions {
  readonly slug: string
  /** What `process.env` gives. */
  readonly variables: Readonly<Record<string, string>>
  /** Stands in for actions-core's `createRequestClient`, which some definitions call for a client of their own. */
  readonly createRequestClient: (...defaults: readonly object[]) => unknown
}

type Module = { exports: unknown }
type Require = (name: string) => unknown

const requireReal = createRequire(__filename)
const PACKAGE = '@segment/action-destinations/dist'

/** The folder of a definition, by its folder's name or its slug; null for a name that the package does not have. */
export function packageFolder(name: string): string | null {
  if (!/^[a-z0-9-]+$/.test(name)) return null
  const folders = [name, name.replace(/^actions-/, '')]
  return folders.find((folder) => fileOf(`${PACKAGE}/destinations/${folder}/index.js`)) ?? null
}

/** @throws whatever loading throws; TrackLayerError SETTINGS_INVALID for a definition that opens connections itself */
export function loadPackageModules(options: PackageModulesOptions): PackageModules {
  const loaded = new Map<string, Module>()
  const read = new Set<string>()
  const process = { env: ownVariables(options), version: '', platform: 'linux' }
  const core = { ...actionsCore, createRequestClient: options.createRequestClient }

  function load(file: string): unknown {
    const known = loaded.get(file)
    if (known) return known.exports
    const module: Module = { exports: {} }
    loaded.set(file, module)
    const source = readFileSync(file, 'utf8')
    for (const [, dotted, quoted] of source.matchAll(ENV_NAME)) read.add(dotted ?? quoted ?? '')
    // In a block of its own: some files declare a `process` themselves.
    const run = compileFunction(`'use strict';{${source}\n}`, [...PARAMETERS], { filename: file })
    const own = requireFrom(file)
    run(module.exports, own, module, file, path.dirname(file), process, refuseFetch)
    return module.exports
  }

  function requireFrom(file: string): Require {
    const near = createRequire(file)
    return (name) => {
      if (name.startsWith('.')) {
        const target = near.resolve(name)
        return target.endsWith('.js') ? load(target) : near(name)
      }
      if (name === '@segment/actions-core') return core
      if (name === 'process' || name === 'node:process') return process
      if (name === 'https') return { Agent: IgnoredAgent }
      if (CONNECTING.test(name)) throw connects(options.slug, name)
      return near(name)
    }
  }

  const index = fileOf(`${PACKAGE}/destinations/${options.slug}/index.js`)
  if (!index) throw new TypeError(`the package has no folder "${options.slug}"`)
  return { exports: load(index), variables: read }
}

const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname', 'process', 'fetch']
const ENV_NAME = /process(?:_1)?\.env(?:\.([A-Za-z_]\w*)|\['(\w+)'\])/g
// Clients with sockets of their own: no guard of the host's would see them.
const CONNECTING =
  /^(?:node:)?(?:http|http2|net|tls|dgram|dns|fs|child_process|worker_threads)$|^@aws-sdk\/|^kafkajs$|^ssh2|^nock$/

// Two definitions hand an https.Agent to the request client, which has connections of its own.
class IgnoredAgent {}

function fileOf(name: string): string | null {
  try {
    return requireReal.resolve(name)
  } catch {
    return null // not there: what the caller asks
  }
}

function connects(slug: string, name: string): TrackLayerError {
  return new TrackLayerError(
    'SETTINGS_INVALID',
    `the definition "${slug}" opens connections of its own (${name}), which the host cannot guard; use another destination, e.g. webhook or warehouse`,
  )
}

function refuseFetch(): never {
  throw new TypeError('a definition sends through its request client only')
}

// Read where they are used, often into `Bearer ${…}`: a name that nobody gave must end the attempt, not become "undefined".
function ownVariables({ slug, variables }: PackageModulesOptions): object {
  return new Proxy(Object.freeze({ NODE_ENV: 'production', ...variables }), {
    get: (given: Readonly<Record<string, string>>, name) => {
      if (typeof name === 'symbol' || Object.hasOwn(given, name)) return given[name as string]
      throw new TrackLayerError(
        'AUTH_REJECTED',
        `the definition "${slug}" needs ${name}: give it under settings, e.g. ${name}: \${${name}}`,
      )
    },
  })
}
