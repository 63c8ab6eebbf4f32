// The destinations of a store: every file of mappings/destinations/, in every environment that has its variables.
import type { Clock } from '../core/clock.ts'
import {
  type DestinationFile,
  type ReturnsFile,
  resolveSettings,
} from '../core/destination-schema.ts'
import { createDestination } from './definitions.ts'
import type { Destination } from './destination.ts'
import type { Transport } from './transport.ts'

export interface LoadOptions {
  readonly account: string
  readonly environments: readonly string[]
  /** Destination name (the file's) → its content. */
  readonly files: ReadonlyMap<string, DestinationFile>
  readonly returns: ReturnsFile
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly transport: Transport
  readonly clock: Clock
}

export interface LoadedDestinations {
  readonly active: readonly Destination[]
  /** Destinations that are off in an environment because variables are not set. */
  readonly off: readonly {
    readonly name: string
    readonly environment: string
    readonly missing: readonly string[]
  }[]
}

/** @throws TrackLayerError SETTINGS_INVALID for a setting that is set and wrong */
export function loadDestinations(options: LoadOptions): LoadedDestinations {
  const active: Destination[] = []
  const off: { name: string; environment: string; missing: readonly string[] }[] = []
  for (const environment of options.environments) {
    for (const [name, file] of options.files) {
      const { values, missing } = resolveSettings(file.settings, environment, options.variables)
      if (missing.length > 0) off.push({ name, environment, missing })
      else active.push(createDestination({ ...options, name, environment, file, settings: values }))
    }
  }
  return { active, off }
}
