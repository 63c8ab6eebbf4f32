// The forms of mappings/destinations/*.yaml and mappings/returns.yaml (design 3.10 and 3.5). Read when a store starts.
import { z } from 'zod'
import type { Json } from './json.ts'
import { parseYamlFile } from './yaml-file.ts'

const seconds = z.number().positive()

const HOUR_MS = 60 * 60 * 1000

const duration = z
  .string({ error: 'want a duration, e.g. 72h or 7d' })
  .regex(/^\d+[hd]$/, 'want a duration, e.g. 72h or 7d')
  .transform((text) => Number.parseInt(text, 10) * (text.endsWith('d') ? 24 : 1) * HOUR_MS)

const json: z.ZodType<Json> = z.json()
const mapping = z.record(z.string(), json)

const consent = z.strictObject({
  /** Category ids as configured in Segment, case-sensitive. */
  categories: z.array(z.string().min(1)),
  require: z.enum(['all', 'any'], { error: 'want all or any' }).default('all'),
  unknown: z.enum(['hold', 'deny', 'allow'], { error: 'want hold, deny or allow' }),
  /** How long an event is held for an answer, in milliseconds. */
  hold: duration.default(7 * 24 * HOUR_MS),
})

const subscription = z.strictObject({
  name: z.string().min(1),
  /** FQL over the canonical event. */
  trigger: z.string().min(1),
  action: z.string().min(1),
  /** Mapping-kit directives; on top of the destination's shared mapping. */
  mapping: mapping.default({}),
})

const destinationFile = z.strictObject({
  /** `webhook`, `segment-return`, or the slug of a definition. */
  definition: z.string({ error: 'want the name of a definition, e.g. webhook' }).min(1),
  settings: z
    .record(
      z.string(),
      z.string({ error: 'want text; a secret is the name of a variable, see the files shipped' }),
    )
    .default({}),
  /** Client and refresh token of a definition that signs in with OAuth 2. */
  oauth: z
    .strictObject({ client_id: z.string(), client_secret: z.string(), refresh_token: z.string() })
    .optional(),
  consent: consent.optional(),
  mapping: mapping.default({}),
  /** The first one whose trigger matches is the event's. */
  subscriptions: z.array(subscription).default([]),
  /** Events older than this are not sent: the platform would refuse or misplace them. In milliseconds. */
  max_age: duration.optional(),
  /** `unknown`: an event whose answer was lost is not sent again, because the platform would count it twice. */
  when_answer_lost: z
    .enum(['retry', 'unknown'], { error: 'want retry or unknown' })
    .default('retry'),
  /**
   * How the platform knows a repeat of an event it has: by which fields of the payload, for which events (all without
   * `events`), for how long after the first (for ever without `within`). Without it every repeat counts anew.
   */
  recognises_repeats: z
    .strictObject({
      by: z.array(z.string().min(1)).min(1),
      events: z.array(z.string().min(1)).optional(),
      within: duration.optional(),
    })
    .optional(),
  limits: z
    .strictObject({
      /** Requests under way at once. */
      concurrency: z.number().int().min(1).max(256).default(16),
      /** Events in one request. */
      batch_size: z.number().int().min(1).max(10_000).default(1),
      /** Requests a second, for each worker process; none without it. */
      rate_per_second: z.number().positive().optional(),
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

const REFERENCE = /\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g

export interface ResolvedSettings {
  readonly values: Readonly<Record<string, string>>
  /** Names of variables that are referred to and not set. */
  readonly missing: readonly string[]
}

/**
 * Fills `${NAME}` from the variable `NAME_<ENVIRONMENT>`, e.g. `WEBHOOK_URL_PRODUCTION`: a value of one environment
 * can therefore never be used in another. `${NAME:-text}` stands for `text` when the variable is not set.
 */
export function resolveSettings(
  settings: Readonly<Record<string, string>>,
  environment: string,
  variables: Readonly<Record<string, string | undefined>>,
): ResolvedSettings {
  const missing: string[] = []
  const values = Object.entries(settings).map(([key, template]) => {
    const fill = (_: string, name: string, otherwise?: string) => {
      const variable = environmentVariable(name, environment)
      const found = variables[variable] || otherwise
      if (found === undefined) missing.push(variable)
      return found ?? ''
    }
    const value = template.replace(REFERENCE, fill)
    return [key, value] as const
  })
  return { values: Object.fromEntries(values), missing }
}

/** The names that settings refer to as `${NAME}`. */
export function referencesOf(settings: Readonly<Record<string, string>>): string[] {
  return Object.values(settings).flatMap((template) =>
    [...template.matchAll(REFERENCE)].map(([, name = '']) => name),
  )
}

/** `WEBHOOK_URL` of environment `eu-staging` is `WEBHOOK_URL_EU_STAGING`. */
export function environmentVariable(name: string, environment: string): string {
  return `${name}_${environment.toUpperCase().replaceAll('-', '_')}`
}
