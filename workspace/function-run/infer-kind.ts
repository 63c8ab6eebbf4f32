import type { FunctionKind } from '../realm/realm-protocol.ts'

const NAMES: Readonly<Record<string, FunctionKind>> = {
  source: 'source',
  destination: 'destination',
  insert: 'insert',
  'destination-insert': 'insert',
  'source-insert': 'sourceInsert',
}

/** The names under which a user may state a kind. */
export const KIND_NAMES: readonly string[] = Object.keys(NAMES)

/** Undefined for a name that is none. */
export function kindNamed(name: string): FunctionKind | undefined {
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined
}

/** What a file with these top-level handlers can only be; insert functions look like destinations and must be named. */
export function kindOfCode(code: string): FunctionKind {
  return /(?:function\s+|var\s+|^\s*)onRequest\b/m.test(code) ? 'source' : 'destination'
}
