// The compiled PII policy at work, inside Segment: before a message leaves, each field gets what the first rule that
// speaks of it says, and a destination with an allowlist never sees a field that is not on it.
import type { Json, JsonObject } from '../json.ts'
import { onLeaves, type PiiAction } from './actions.ts'
import { changeAt, type PiiPath } from './paths.ts'

/** As the compiler writes it; null calls or events mean all. `act` is 0 for `drop` and 1 for `keep`. */
export type CompiledPiiRule = readonly [
  calls: readonly string[] | null,
  events: readonly string[] | null,
  act: PiiAction | 0 | 1,
  normalise: ((text: string) => string) | 0,
]

export type CompiledPiiField = readonly [
  name: string,
  paths: readonly PiiPath[],
  rules: readonly CompiledPiiRule[],
]

type Settings = Readonly<Record<string, unknown>> | null | undefined

/**
 * @param destination name of the destination the message goes to; empty when it is not known
 * @param settings of the function, read for their secret only when a keyed action is due
 */
export type Protect = (message: JsonObject, destination: string, settings: Settings) => JsonObject

export function createProtect(
  fields: readonly CompiledPiiField[],
  allowed: Readonly<Record<string, readonly string[]>>,
  keyOf: (settings: Settings) => string,
): Protect {
  return (message, destination, settings) => {
    const key = () => keyOf(settings)
    const allowlist = Object.hasOwn(allowed, destination) ? allowed[destination] : undefined
    let changed: JsonObject = message
    for (const [name, paths, rules] of fields) {
      const rule = rules.find((one) => speaksOf(one, message))
      const act = allowlist && !allowlist.includes(name) ? 0 : (rule?.[2] ?? 1)
      if (act === 1) continue
      const change = act === 0 ? drop : applying(act, rule?.[3] ?? 0, key)
      for (const path of paths) changed = changeAt(changed, path, change) as JsonObject
    }
    return changed
  }
}

function speaksOf([calls, events]: CompiledPiiRule, { type, event }: JsonObject): boolean {
  return (
    (calls === null || calls.includes(String(type))) &&
    (events === null || (type === 'track' && events.includes(String(event))))
  )
}

function drop(): undefined {
  return undefined
}

function applying(act: PiiAction, normalise: ((text: string) => string) | 0, key: () => string) {
  return (value: Json): Json | undefined =>
    onLeaves(value, (text) => act(normalise ? normalise(text) : text, key()))
}
