// The destinations of a store: every file of mappings/destinations/, in every environment that has its variables.
import type { Clock } from '../core/clock.ts'
import type { ConsentCatalogue } from '../core/consent-catalogue.ts'
import {
  type DestinationFile,
  environmentVariable,
  type ReturnsFile,
  referencesOf,
  resolveSettings,
} from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import { createOrPark } from './definitions.ts'
import type { Destination } from './destination.ts'
import type { TokenStore } from './host/token-source.ts'
import type { Transport } from './transport.ts'

export interface LoadOptions {
  readonly account: string
  readonly environments: readonly string[]
  /** Destination name (the file's) → its content. */
  readonly files: ReadonlyMap<string, DestinationFile>
  readonly returns: ReturnsFile
  readonly catalogue: ConsentCatalogue
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly transport: Transport
  readonly clock: Clock
  /** Wanted by destinations that sign in with OAuth 2. */
  readonly tokenStore?: TokenStore | undefined
}

export interface LoadedDestinations {
  readonly active: readonly Destination[]
  /** Destinations that are off in an environment because variables are not set. */
  readonly off: readonly {
    readonly name: string
    readonly environment: string
    readonly missing: readonly string[]
  }[]
  /** Destinations that are in `active` and pause at their first event: their definition cannot be run as the file asks. */
  readonly broken: readonly {
    readonly name: string
    readonly environment: string
    readonly reason: string
  }[]
}

/** @throws TrackLayerError SETTINGS_INVALID for a setting that is set and wrong */
export function loadDestinations(options: LoadOptions): LoadedDestinations {
  assertNoneShared(options)
  const active: Destination[] = []
  const broken: { name: string; environment: string; reason: string }[] = []
  const off: { name: string; environment: string; missing: readonly string[] }[] = []
  for (const environment of options.environments) {
    for (const [name, file] of options.files) {
      const settings = resolveSettings(file.settings, environment, options.variables)
      const oauth = resolveSettings(file.oauth ?? {}, environment, options.variables)
      const addresses = resolveSettings(file.addresses, environment, options.variables)
      const missing = [...settings.missing, ...oauth.missing, ...addresses.missing]
      if (missing.length > 0) off.push({ name, environment, missing })
      else {
        const filled = {
          ...file,
          addresses: addresses.values,
          ...(file.oauth ? { oauth: oauth.values as typeof file.oauth } : {}),
        }
        const made = { ...options, name, environment, file: filled, settings: settings.values }
        const { destination, fault } = createOrPark(made)
        active.push(destination)
        if (fault) broken.push({ name, environment, reason: fault })
      }
    }
  }
  return { active, off, broken }
}

function references(file: DestinationFile): string[] {
  return [file.settings, file.oauth ?? {}, file.addresses].flatMap(referencesOf)
}

// `${WEBHOOK_URL}` of eu-production and `${WEBHOOK_URL_EU}` of production are one variable: what is meant for one
// environment would be sent to from the other.
function assertNoneShared({ files, environments }: LoadOptions): void {
  const owners = new Map<string, string>()
  for (const environment of environments) {
    for (const file of files.values()) {
      for (const name of references(file)) {
        const variable = environmentVariable(name, environment)
        const owner = owners.get(variable)
        if (owner !== undefined && owner !== environment) {
          throw new TrackLayerError(
            'SETTINGS_INVALID',
            `${variable} would serve the environments ${owner} and ${environment}; rename \${${name}} in the destination's file`,
          )
        }
        owners.set(variable, environment)
      }
    }
  }
}
