// The forms of mappings/destinations/*.yaml and mappings/returns.yaml (design 3.10 and 3.5). Read when a store starts.
import { z } from 'zod'
import { isTransition } from './audience-transition.ts'
import type { ConsentCatalogue } from './consent-catalogue.ts'
import { type ConsentRule, completeConsent, consentProblems, consentRule } from './consent-rule.ts'
import { settingProblems } from './destination-secrets.ts'
import { duration } from './duration.ts'
import type { Json } from './json.ts'
import { REFERENCE } from './setting-references.ts'
import { type Path, parseYamlFile } from './yaml-file.ts'

const seconds = z.number().positive()

const json: z.ZodType<Json> = z.json()
const mapping = z.record(z.string(), json)

const consent = consentRule.extend({
  /** FQL: consent is asked for only where this is true, e.g. `not in_audience("employees")`. */
  when: z.string().min(1).optional(),
})

const subscription = z.strictObject({
  name: z.string().min(1),
  /** FQL over the canonical event. */
  trigger: z.string().min(1),
  action: z.string().min(1),
  /** Mapping-kit directives; on top of the destination's shared mapping. */
  mapping: mapping.default({}),
  /** Payload fields that must be equal within one request, in place of those that are known of the action. */
  batch_keys: z.array(z.string()).optional(),
})

const destinationFile = z.strictObject({
  /**
   * `webhook`, `segment-return`, one of our definitions, or the slug of one of `@segment/action-destinations`. Where
   * both have the name it is ours; `actions-` before it means the package's.
   */
  definition: z.string({ error: 'want the name of a definition, e.g. webhook' }).min(1),
  settings: z
    .record(
      z.string(),
      z.string({ error: 'want text; a secret is the name of a variable, see the files shipped' }),
    )
    .default({}),
  /** Origin that a definition of the package has built in → the address to send to instead: a proxy, a region, a test. */
  addresses: z
    .record(z.url({ error: 'want an origin, e.g. https://a.klaviyo.com' }), z.string())
    .default({}),
  /** Client and refresh token of a definition that signs in with OAuth 2. */
  oauth: z
    .strictObject({ client_id: z.string(), client_secret: z.string(), refresh_token: z.string() })
    .optional(),
  consent: consent.optional(),
  /** `audiences`: gets the transitions of audiences that name it, and no event. */
  receives: z
    .enum(['events', 'audiences'], { error: 'want events or audiences' })
    .default('events'),
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
type Read = z.output<typeof destinationFile>
export type DestinationFile = Omit<Read, 'consent'> & {
  consent?: ConsentRule<NonNullable<Read['consent']>> | undefined
}

const NONE: ReadonlySet<string> = new Set()

/**
 * @param passwordFieldsOf names of the settings that a definition declares secret; names like `api_key` always are
 * @param catalogue the categories a file may refer to; without it any, and the file itself says what unknown means
 * @throws TrackLayerError MAPPING_INVALID naming file, line, place and fix for every fault
 */
export function parseDestinationFile(
  text: string,
  file: string,
  passwordFieldsOf: (definition: string) => ReadonlySet<string> = () => NONE,
  catalogue?: ConsentCatalogue,
): DestinationFile {
  const label = (path: Path) => path.join('.') || 'top level'
  const { data, fault } = parseYamlFile(text, file, destinationFile, label)
  const problems = [
    ...settingProblems(data, passwordFieldsOf(data.definition)),
    ...consentProblems(data.consent, catalogue),
  ]
  if (problems.length > 0) throw fault(problems)
  const { consent: read, ...rest } = data
  return read ? { ...rest, consent: completeConsent(read, catalogue) } : rest
}

const NAME_WANTED = 'want a canonical name, e.g. purchase'
const canonicalName = z.string({ error: NAME_WANTED }).regex(/^[a-z][a-z0-9_]*$/, NAME_WANTED)

// Membership is Segment's own decision: sent back as an event it would be counted as news, and go round.
function faultOfName(name: string): string | null {
  if (isTransition({ tracklayer_event: name }))
    return 'memberships do not go back to Segment, which decides them'
  return canonicalName.safeParse(name).success ? null : NAME_WANTED
}

const trait = z
  .strictObject({
    /** Canonical name of the conversions it is computed from. */
    of: canonicalName,
    read: z.enum(['first_at', 'last_at', 'count', 'net_value'], {
      error: 'want first_at, last_at, count or net_value',
    }),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'want a currency, e.g. EUR')
      .optional(),
  })
  .refine(({ read, currency }) => (read === 'net_value') === (currency !== undefined), {
    error: 'net_value wants the currency it is counted in, e.g. EUR; the others take none',
  })
export type ReturnTrait = z.output<typeof trait>

const returnsFile = z.strictObject({
  returns: z
    .record(
      z.string(),
      z.strictObject({
        event: z.string({ error: 'want the name in Segment, e.g. Purchase Confirmed' }).min(1),
        /** Of what takes something back: the property that names it; `related_event_id` without it. */
        related_as: z.string().min(1).optional(),
      }),
    )
    .superRefine((rows, context) => {
      for (const name of Object.keys(rows)) {
        const message = faultOfName(name)
        if (message) context.addIssue({ code: 'custom', path: [name], message })
      }
    }),
  integrations: z.record(z.string(), z.boolean()).default({}),
  /** Traits that go back beside every conversion; none unless named. */
  traits: z.record(z.string().min(1), trait).default({}),
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
