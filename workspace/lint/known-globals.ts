// Every name that a function of a kind may read without declaring it.
import vm from 'node:vm'
import { librariesFor } from '../realm/library-globals.ts'
import { HOST_GLOBALS } from '../realm/realm-globals.ts'
import type { FunctionKind } from '../realm/realm-protocol.ts'

// The language's own, as a fresh context has them, and what exists only inside functions.
const LANGUAGE: ReadonlySet<string> = new Set([
  ...(vm.runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[]),
  'arguments',
  'undefined',
])

export function isKnownGlobal(name: string, kind: FunctionKind): boolean {
  return LANGUAGE.has(name) || HOST_GLOBALS.includes(name) || libraryNames(kind).has(name)
}

function libraryNames(kind: FunctionKind): ReadonlySet<string> {
  return new Set(librariesFor(kind).map(({ global }) => global.split('.')[0] as string))
}
