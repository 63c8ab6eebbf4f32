// FQL triggers, compiled once into closures. A superset of what @segment/destination-subscriptions evaluates right,
// with the syntax of Segment's server; docs/mapping-compiler.md lists the differences.
import type { JsonObject } from '../json.ts'
import { compileTest } from './fql/compile-node.ts'
import { createRefusal } from './fql/fault.ts'
import { FUNCTIONS, type HostFunction } from './fql/functions.ts'
import { parseTokens } from './fql/parse.ts'
import { tokensOf } from './fql/tokens.ts'

export interface TriggerOptions {
  /**
   * Functions of the host, by the name they have in FQL: `in_audience("vip")` calls
   * `functions.in_audience(context, "vip")`. What is missing arrives as null. Only `true` makes a condition true.
   */
  readonly functions?: Readonly<Record<string, HostFunction>>
}

export type CompiledTrigger = (event: JsonObject, context?: unknown) => boolean

/**
 * Compiles a trigger such as `type = "track" and event = "Order Completed"`. The context of an evaluation reaches
 * host functions only.
 * @throws TrackLayerError MAPPING_INVALID naming the place and the fix of the first fault
 * @throws TypeError when a host function takes the name of one of FQL's own
 */
export function compileTrigger(
  fql: string,
  { functions = {} }: TriggerOptions = {},
): CompiledTrigger {
  const taken = Object.keys(functions).find((name) => Object.hasOwn(FUNCTIONS, name))
  if (taken !== undefined)
    throw new TypeError(`"${taken}" is a function of FQL; choose another name`)
  const refuse = createRefusal(fql)
  const tokens = tokensOf(fql, refuse)
  if (tokens.length === 1) refuse(0, 'it is empty; write e.g. type = "track"')
  return compileTest(parseTokens(tokens, refuse), { refuse, functions })
}
