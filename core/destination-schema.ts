// The forms of mappings/destinations/*.yaml and mappings/returns.yaml (design 3.10 and 3.5). Read when a store starts.
import { z } from 'zod'
import { parseYamlFile } from './yaml-file.ts'

const seconds = z.number().positive()

const destinationFile = z.strictObject({
  definition: z.enum(['webhook', 'segment-return'], {
    error: 'want one of webhook, segment-return',
  }),
  settings: z
    .record(
      z.string(),
      z.string({ error: 'want text; a secret is the name of a variable, see the files shipped' }),
    )
    .default({}),
  limits: z
    .strictObject({
      /** Requests under way at once. */
      concurrency: z.number().int().min(1).max(256).default(16),
      timeout_seconds: seconds.default(10),
      /** After the timeout: how long an outcome may take to be recorded before another worker tries again. */
      record_seconds: seconds.default(20),
    })
    .prefault({}),
  retry: z
    .strictObject({
      base_seconds: seconds.default(5),
      cap_seconds: seconds.default(3600),
      max_attempts: z.number().int().min(1).default(16),
    })
    .prefault({}),
})
export type DestinationFile = z.output<typeof destinationFile>

/** @throws TrackLayerError MAPPING_INVALID naming file, line, place and fix for every fault */
export function parseDestinationFile(text: string, file: string): DestinationFile {
  return parseYamlFile(text, file, destinationFile, (path) => path.join('.') || 'top level').data
}

const returnsFile = z.strictObject({
  returns: z.record(
    z.string().regex(/^[a-z][a-z0-9_]*$/, 'want a canonical name, e.g. purchase'),
    z.strictObject({
      event: z.string({ error: 'want the name in Segment, e.g. Purchase Confirmed' }).min(1),
    }),
  ),
  integrations: z.record(z.string(), z.boolean()).default({}),
})
export type ReturnsFile = z.output<typeof returnsFile>

/** @throws TrackLayerError MAPPING_INVALID naming file, line, place and fix for every fault */
export function parseReturnsFile(text: string, file: string): ReturnsFile {
  return parseYamlFile(text, file, returnsFile, (path) => path.join('.') || 'top level').data
}

export interface ResolvedSettings {
  readonly values: Readonly<Record<string, string>>
  /** Names of variables that are referred to and not set. */
  readonly missing: readonly string[]
}

/**
 * Fills `${NAME}` from the variable `NAME_<ENVIRONMENT>`, e.g. `WEBHOOK_URL_PRODUCTION`: a value of one environment
 * can therefore never be used in another.
 */
export function resolveSettings(
  settings: Readonly<Record<string, string>>,
  environment: string,
  variables: Readonly<Record<string, string | undefined>>,
): ResolvedSettings {
  const missing: string[] = []
  const values = Object.entries(settings).map(([key, template]) => {
    const value = template.replace(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, name: string) => {
      const variable = environmentVariable(name, environment)
      const found = variables[variable]
      if (!found) missing.push(variable)
      return found ?? ''
    })
    return [key, value] as const
  })
  return { values: Object.fromEntries(values), missing }
}

/** `WEBHOOK_URL` of environment `eu-staging` is `WEBHOOK_URL_EU_STAGING`. */
export function environmentVariable(name: string, environment: string): string {
  return `${name}_${environment.toUpperCase().replaceAll('-', '_')}`
}
