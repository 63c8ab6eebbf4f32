// The `Segment` global of source functions, with the semantics of the published shim: each call validates, copies the
// known fields, and buffers one message; the buffer leaves when `onRequest` has resolved.
import type { HostSwitches } from '../host-switches.ts'

type Fields = Readonly<Record<string, unknown>>
type ValidationErrorClass = new (message?: string) => Error

interface CallRule {
  readonly required: readonly string[]
  readonly own: readonly string[]
  readonly needsId: boolean
}

const COMMON = [
  'userId',
  'anonymousId',
  'context',
  'integrations',
  'messageId',
  'sentAt',
  'timestamp',
]

const CALLS: Readonly<Record<string, CallRule>> = {
  identify: { required: [], own: ['traits'], needsId: true },
  track: { required: ['event'], own: ['event', 'properties'], needsId: true },
  page: { required: [], own: ['name', 'properties'], needsId: true },
  screen: { required: [], own: ['name', 'properties'], needsId: true },
  group: { required: ['groupId'], own: ['groupId', 'traits'], needsId: true },
  alias: { required: ['previousId'], own: ['previousId'], needsId: true },
  set: { required: ['collection', 'id'], own: ['collection', 'id', 'properties'], needsId: false },
}

export interface SegmentObject {
  /** The global itself: `Segment.track(…)` and its siblings. */
  readonly api: Readonly<Record<string, (fields: Fields) => Fields>>
  /** Hands over what was emitted and empties the buffer; each entry is JSON text. */
  take(): string[]
}

export interface SegmentObjectOptions {
  readonly ValidationError: ValidationErrorClass
  readonly withoutId: HostSwitches['segmentWithoutId']
}

export function createSegmentObject(options: SegmentObjectOptions): SegmentObject {
  let buffer: Fields[] = []
  const api = Object.fromEntries(
    Object.entries(CALLS).map(([type, rule]) => [
      type,
      (fields: Fields) => {
        const message = { type, ...parseCall(fields ?? {}, rule, options) }
        buffer.push(message)
        return message
      },
    ]),
  )
  return {
    api,
    take() {
      const taken = buffer.map((message) => JSON.stringify(message))
      buffer = []
      return taken
    },
  }
}

// Falsy values count as absent, and are not copied: the shim's setter drops `0`, `''` and `false`.
function parseCall(
  fields: Fields,
  rule: CallRule,
  { ValidationError, withoutId }: SegmentObjectOptions,
): Fields {
  for (const name of rule.required) {
    if (!fields[name]) throw new ValidationError(`${name} is required but not defined`)
  }
  const isWithoutId = rule.needsId && !fields.userId && !fields.anonymousId
  if (isWithoutId && withoutId === 'throw') {
    throw new ValidationError('One of userId,anonymousId is required but not defined')
  }
  const names = rule.needsId ? [...rule.own, ...COMMON] : rule.own
  return Object.fromEntries(
    names.filter((name) => fields[name]).map((name) => [name, fields[name]]),
  )
}
