// A function's file as the rules see it: its tree, its scopes, and every node with the nodes around it.
import { type AnyNode, type Program, parse } from 'acorn'
import { analyze, type ScopeManager } from 'eslint-scope'
import type { FunctionKind } from '../realm/realm-protocol.ts'

/** What Node 20 reads: a function must load there too. */
const ECMA_VERSION = 2024

export type FunctionNode = Extract<
  AnyNode,
  { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
>

export interface ParsedFunction {
  readonly kind: FunctionKind
  readonly code: string
  readonly program: Program
  readonly scopes: ScopeManager
  /** Names that the host looks for, of this kind. */
  readonly handlerNames: readonly string[]
  /** The handlers that are defined at top level. */
  readonly handlers: readonly { readonly name: string; readonly node: FunctionNode }[]
  parentOf(node: AnyNode): AnyNode | undefined
}

/** Throws acorn's SyntaxError, with `pos`. A script, as the host wraps it: `return` may stand at top level. */
export function parseFunction(
  code: string,
  kind: FunctionKind,
  handlerNames: readonly string[],
): ParsedFunction {
  const program = parse(code, {
    ecmaVersion: ECMA_VERSION,
    sourceType: 'script',
    allowReturnOutsideFunction: true,
    // eslint-scope reads it.
    ranges: true,
  })
  const parents = new Map<AnyNode, AnyNode>()
  walk(program, (node, parent) => parent && parents.set(node, parent))
  return {
    kind,
    code,
    program,
    // The host puts the file inside a function, and so does `nodejsScope`.
    scopes: analyze(program, {
      ecmaVersion: ECMA_VERSION,
      sourceType: 'script',
      nodejsScope: true,
    }),
    handlerNames,
    handlers: findHandlers(program, handlerNames),
    parentOf: (node) => parents.get(node),
  }
}

/** Visits a node and all within it, in the order of the text. */
export function walk(
  node: AnyNode,
  visit: (node: AnyNode, parent: AnyNode | undefined) => void,
  parent?: AnyNode,
): void {
  visit(node, parent)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit, node)
    }
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

export function isFunctionNode(node: AnyNode | null | undefined): node is FunctionNode {
  return /^(Arrow)?Function(Declaration|Expression)$/.test(node?.type ?? '')
}

function findHandlers(program: Program, names: readonly string[]) {
  return program.body.flatMap((statement) =>
    definitionsIn(statement).flatMap(({ name, node }) =>
      names.includes(name) && isFunctionNode(node) ? [{ name, node }] : [],
    ),
  )
}

// `function onTrack() {}`, `var onTrack = …`, `onTrack = …`.
function definitionsIn(statement: AnyNode): { name: string; node: AnyNode | null | undefined }[] {
  if (statement.type === 'FunctionDeclaration' && statement.id) {
    return [{ name: statement.id.name, node: statement }]
  }
  if (statement.type === 'VariableDeclaration') {
    return statement.declarations.flatMap(({ id, init }) =>
      id.type === 'Identifier' ? [{ name: id.name, node: init }] : [],
    )
  }
  if (statement.type !== 'ExpressionStatement') return []
  const { expression } = statement
  return expression.type === 'AssignmentExpression' && expression.left.type === 'Identifier'
    ? [{ name: expression.left.name, node: expression.right }]
    : []
}
