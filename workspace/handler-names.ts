// The entry points of each kind of function (facts 1.1), and which of them takes a message.
import type { HostSwitches } from './host-switches.ts'
import type { FunctionKind } from './realm/realm-protocol.ts'

const BY_TYPE: Readonly<Record<string, string>> = {
  identify: 'onIdentify',
  track: 'onTrack',
  page: 'onPage',
  screen: 'onScreen',
  group: 'onGroup',
  alias: 'onAlias',
  delete: 'onDelete',
}

type IdentifySwitch = Pick<HostSwitches, 'sourceInsertIdentify'>

/** The handlers that a function of this kind may define; the host passes them to the user's file as parameters. */
export function handlerNames(kind: FunctionKind, switches: IdentifySwitch): readonly string[] {
  if (kind === 'source') return ['onRequest']
  const single = Object.keys(BY_TYPE).map((type) => String(handlerFor(type, kind, switches)))
  return kind === 'sourceInsert' ? single : [...single, 'onBatch']
}

/** The handler that takes a message of this type; undefined for a type the host does not dispatch. */
export function handlerFor(
  type: unknown,
  kind: FunctionKind,
  { sourceInsertIdentify }: IdentifySwitch,
): string | undefined {
  if (kind === 'sourceInsert' && type === 'identify') return sourceInsertIdentify
  return typeof type === 'string' && Object.hasOwn(BY_TYPE, type) ? BY_TYPE[type] : undefined
}
