// The part of eslint-scope that is used here; the package has no types of its own.
declare module 'eslint-scope' {
  import type { AnyNode, Identifier, Program } from 'acorn'

  export interface Variable {
    readonly name: string
    readonly scope: Scope
    readonly defs: readonly { readonly type: string; readonly node: AnyNode }[]
  }
  export interface Reference {
    readonly identifier: Identifier
    readonly resolved: Variable | null
    isWrite(): boolean
  }
  export interface Scope {
    readonly type: string
    readonly block: AnyNode
    readonly upper: Scope | null
    readonly variables: readonly Variable[]
    readonly references: readonly Reference[]
    readonly through: readonly Reference[]
  }
  export interface ScopeManager {
    readonly scopes: readonly Scope[]
    readonly globalScope: Scope
  }
  export function analyze(
    program: Program,
    options: {
      readonly ecmaVersion: number
      readonly sourceType: 'script'
      readonly nodejsScope: true
    },
  ): ScopeManager
}
