// The conditions of destination files: triggers and consent rules in FQL, which may ask what audiences a person is in.
import type { DestinationFile } from '../core/destination-schema.ts'
import type { JsonObject } from '../core/json.ts'
import { type CompiledTrigger, compileTrigger } from '../core/mapping-kit/compile-trigger.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'

// What a trigger is evaluated with, besides the event.
interface TriggerContext {
  readonly audiences: ReadonlySet<string>
}

const NO_NAMES: ReadonlySet<string> = new Set()

const HOST_FUNCTIONS = {
  in_audience: (context: unknown, name: unknown) =>
    typeof name === 'string' && (context as TriggerContext).audiences.has(name),
}

/** A trigger or a consent condition; it may ask for audiences. */
export function compileCondition(fql: string): CompiledTrigger {
  return compileTrigger(fql, { functions: HOST_FUNCTIONS })
}

/** What a condition is evaluated with, besides the event. */
export function conditionContext({ audiences }: ClaimedDelivery): TriggerContext {
  return { audiences: audiences?.names ?? NO_NAMES }
}

/** The first subscription whose trigger takes the event. */
export function firstMatch<Subscription extends { readonly matches: CompiledTrigger }>(
  subscriptions: readonly Subscription[],
  delivery: ClaimedDelivery,
): Subscription | undefined {
  const event = delivery.canonical as unknown as JsonObject
  const context = conditionContext(delivery)
  return subscriptions.find(({ matches }) => matches(event, context))
}

/** True when a file's triggers, consent rule or mappings ask which audiences a person is in. */
export function readsAudiences({ subscriptions, consent, mapping }: DestinationFile): boolean {
  const conditions = [...subscriptions.map(({ trigger }) => trigger), consent?.when ?? '']
  const mappings = [mapping, ...subscriptions.map((subscription) => subscription.mapping)]
  return (
    conditions.some((fql) => fql.includes('in_audience')) ||
    mappings.some((each) => readsPath(each, /\$\.audiences\b/))
  )
}

function readsPath(mapping: JsonObject, path: RegExp): boolean {
  return path.test(JSON.stringify(mapping))
}
