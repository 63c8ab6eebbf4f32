// A built function in the host's kind of realm, without a workspace around it: for inputs that no source would let in.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { DEFAULT_SWITCHES } from '../../workspace/host-switches.ts'
import { createRealm } from '../../workspace/realm/realm.ts'
import type { RealmOutcome, WebhookRequest } from '../../workspace/realm/realm-protocol.ts'
import { BUNDLES } from './function-stage.ts'

export interface BundleRealm {
  /** Payload and settings are JSON text, as they reach the host's process. */
  invoke(handler: string, payload: string, settings: string): Promise<RealmOutcome>
  request(request: WebhookRequest, settings: string): Promise<RealmOutcome>
}

/** One warm process of the host: module state lives across its invocations. */
export function openBundleRealm(
  kind: keyof typeof BUNDLES = 'destination',
  nowMs = Date.parse('2026-01-15T09:00:00Z'),
  file = BUNDLES[kind],
): BundleRealm {
  const realm = createRealm(
    {
      kind,
      code: readFileSync(file, 'utf8'),
      fileName: `${kind}.js`,
      switches: DEFAULT_SWITCHES,
      tester: false,
    },
    { load: createRequire(__filename), log: () => {} },
  )
  return {
    invoke: (handler, payload, settings) =>
      realm.invoke({ invocation: { handler, payload }, settings, nowMs }),
    request: (request, settings) =>
      realm.invoke({ invocation: { handler: 'onRequest', request }, settings, nowMs }),
  }
}
