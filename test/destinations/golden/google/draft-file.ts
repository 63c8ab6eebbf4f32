// A destination file as delivery uses it: trigger → subscription → the mapping under its own.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import type { JsonObject } from '../../../../core/json.ts'
import { compileTrigger } from '../../../../core/mapping-kit/compile-trigger.ts'

interface Subscription {
  readonly name: string
  readonly trigger: string
  readonly action: string
  readonly mapping: JsonObject
}

export interface DraftFile {
  readonly definition: string
  readonly settings: Readonly<Record<string, string>>
  readonly mapping: JsonObject
  readonly subscriptions: readonly Subscription[]
}

export function readDraft(name: string): DraftFile {
  const file = path.join(__dirname, '../../../../mappings/destinations', `${name}.yaml`)
  return parse(readFileSync(file, 'utf8'))
}

/** The subscriptions whose trigger the event meets, each with its whole mapping, fresh for actions-core to change. */
export function matching(draft: DraftFile, event: object) {
  return draft.subscriptions
    .filter(({ trigger }) => compileTrigger(trigger)(event as JsonObject))
    .map(({ action, mapping }) => ({
      action,
      mapping: structuredClone({ ...draft.mapping, ...mapping }),
    }))
}
