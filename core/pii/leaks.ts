// Which personal field a destination's mapping sends on: read from the mapping's directives, without an event.
import type { DestinationFile } from '../destination-schema.ts'
import { isJsonObject, type Json } from '../json.ts'
import type { PiiSource } from './schema.ts'

/** Destination → names of the personal fields that reach it, sorted. */
export type Leaks = Readonly<Record<string, readonly string[]>>

// What our own definitions send without a mapping: paths of the canonical event; the empty path is all of it.
const SENT_WHOLE: Readonly<Record<string, readonly string[]>> = {
  webhook: [''],
  'segment-return': ['canonical_user_id', 'anonymous_id', 'properties'],
}

export function leaksOf(
  destinations: ReadonlyMap<string, DestinationFile>,
  { fields }: PiiSource,
): Leaks {
  const known = Object.entries(fields).map(([name, { canonical }]) => ({ name, canonical }))
  return Object.fromEntries(
    [...destinations].map(([name, file]) => {
      const sent = pathsSent(file)
      const reached = known.filter(({ canonical }) =>
        canonical.some((path) => sent.some((one) => meets(one, path))),
      )
      return [name, reached.map((field) => field.name).sort()]
    }),
  )
}

function pathsSent({ definition, mapping, subscriptions }: DestinationFile): string[] {
  const whole = SENT_WHOLE[definition] ?? []
  const mapped = subscriptions.flatMap((one) => pathsOf({ ...mapping, ...one.mapping }, ''))
  return [...whole, ...mapped]
}

// Either holds the other: `$.user` sends the address, and `$.user.address.city` a part of one.
function meets(sent: string, personal: string): boolean {
  return sent === '' || sent === personal || isWithin(sent, personal) || isWithin(personal, sent)
}

function isWithin(inner: string, outer: string): boolean {
  return inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`)
}

/** Every path of the event that a value of a mapping reads; `at` is where `$.` stands for, inside an array. */
function pathsOf(value: Json | undefined, at: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, at))
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === '@literal') return []
    if (key === '@path') return [placed(inner, at)]
    if (key === '@template' || key === '@liquid') return placeholdersOf(inner, at)
    if (key === '@arrayPath' && Array.isArray(inner)) return arrayPaths(inner, at)
    return pathsOf(inner, at)
  })
}

function arrayPaths([list, item]: readonly Json[], at: string): string[] {
  const place = typeof list === 'string' ? placed(list, at) : at
  const inner = pathsOf(item, place)
  // Without a mapping of its own each item goes whole.
  return item === undefined ? [place, ...pathsOf(list, at)] : [...inner, ...pathsOf(list, at)]
}

// What is no constant path may read anything.
function placed(path: Json | undefined, at: string): string {
  if (typeof path !== 'string') return ''
  const plain = path
    .replace(/^\$\.?/, '')
    .replace(/\['([^']*)'\]|\["([^"]*)"\]/g, (_, one, two) => `.${one ?? two}`)
  return [at, plain.replace(/^\./, '')].filter((part) => part !== '').join('.')
}

function placeholdersOf(template: Json | undefined, at: string): string[] {
  if (typeof template !== 'string') return ['']
  return [...template.matchAll(/\{[{%]+-?\s*(?:if |unless )?([\w$.[\]'"-]+)/g)].map(([, path]) =>
    placed(path, at),
  )
}

export interface LeakFinding {
  readonly destination: string
  readonly field: string
  readonly why: 'not in the lock file' | 'not on the allowlist'
}

/** What is sent on and is not in the lock file, or not on the allowlist of mappings/pii.yaml. */
export function newLeaks(leaks: Leaks, locked: Leaks, { destinations }: PiiSource): LeakFinding[] {
  return Object.entries(leaks).flatMap(([destination, fields]) =>
    fields.flatMap((field): LeakFinding[] => {
      const allowed = destinations[destination]
      if (allowed && !allowed.includes(field))
        return [{ destination, field, why: 'not on the allowlist' }]
      if (locked[destination]?.includes(field)) return []
      return [{ destination, field, why: 'not in the lock file' }]
    }),
  )
}

/** What is in the lock file and is no longer sent: no fault, but the file says too much. */
export function goneLeaks(leaks: Leaks, locked: Leaks): { destination: string; field: string }[] {
  return Object.entries(locked).flatMap(([destination, fields]) =>
    fields
      .filter((field) => !leaks[destination]?.includes(field))
      .map((field) => ({ destination, field })),
  )
}
