// The published packages that the compiler has to equal, asked on copies: they write into mappings.
import { transform } from '@segment/actions-core'
import { parseFql, validate } from '@segment/destination-subscriptions'
import { compileMapping, type MappingOptions } from '../../../core/mapping-kit/compile-mapping.ts'

type Mapping = Parameters<typeof transform>[0]
type Payload = Parameters<typeof transform>[1]

/** What came of it, as comparable text: the value with undefined visible and keys in order, or that it threw. */
export type Outcome = { readonly value: string } | { readonly threw: string }

export function theirs(mapping: unknown, event: unknown): Outcome {
  return outcomeOf(() => transform(structuredClone(mapping) as Mapping, event as Payload))
}

export function ours(mapping: unknown, event: unknown, options?: MappingOptions): Outcome {
  return outcomeOf(() => compileMapping(mapping as never, options)(event as never))
}

export function outcomeOf(run: () => unknown): Outcome {
  try {
    return { value: textOf(run()) }
  } catch (error) {
    return { threw: error instanceof Error ? error.message : String(error) }
  }
}

export function textOf(value: unknown): string {
  const visible = (_key: string, inner: unknown) =>
    inner === undefined ? '‹undefined›' : Object.is(inner, -0) ? '‹-0›' : inner
  return JSON.stringify(value, visible)
}

/** Equal values, or thrown by both. */
export function isSameOutcome(one: Outcome, other: Outcome): boolean {
  return 'value' in one ? 'value' in other && one.value === other.value : 'threw' in other
}

export function theirTrigger(fql: string): (event: unknown) => boolean {
  const parsed = parseFql(fql)
  return (event) => validate(parsed, event)
}

export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
