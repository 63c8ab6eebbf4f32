// The rules, one function each: a parsed file in, findings with offsets out.
import type { AnyNode } from 'acorn'
import type { Reference, Variable } from 'eslint-scope'
import type { FindingText } from './finding.ts'
import { isKnownGlobal } from './known-globals.ts'
import { type FunctionNode, isFunctionNode, type ParsedFunction, walk } from './parsed-function.ts'

export interface RawFinding extends FindingText {
  readonly at: number
}

export type Rule = (parsed: ParsedFunction) => Iterable<RawFinding>

export const RULES: readonly Rule[] = [
  constHandlers,
  dynamicImports,
  modules,
  unknownGlobals,
  implicitGlobals,
  reassignedLibraries,
  capturedSettings,
  missingHandlers,
  foreignHandlers,
  unreturnedEvents,
  uncaughtFetch,
]

function* constHandlers({ program, handlerNames }: ParsedFunction) {
  for (const statement of program.body) {
    for (const { keyword, name, at } of blockDeclarations(statement)) {
      if (!handlerNames.includes(name)) continue
      yield error('const-handler', at, {
        message: `"${keyword} ${name}" does not load: the host passes ${name} as a parameter, so this is declared twice`,
        fix: `write "async function ${name}(…) { … }"`,
      })
    }
  }
}

function blockDeclarations(statement: AnyNode) {
  if (statement.type === 'ClassDeclaration' && statement.id) {
    return [{ keyword: 'class', name: statement.id.name, at: statement.start }]
  }
  if (statement.type !== 'VariableDeclaration' || statement.kind === 'var') return []
  return statement.declarations.flatMap(({ id, start }) =>
    id.type === 'Identifier' ? [{ keyword: statement.kind, name: id.name, at: start }] : [],
  )
}

function* dynamicImports({ program }: ParsedFunction) {
  for (const node of nodesOf(program)) {
    if (node.type !== 'ImportExpression') continue
    yield error('no-import', node.start, {
      message: 'import() does not work: the host has no module system',
      fix: 'use a library global (see docs/functions-runtime.md), or bundle the module into the file',
    })
  }
}

const MODULE_NAMES: Readonly<Record<string, string>> = {
  require:
    'use a library global (see docs/functions-runtime.md), or bundle the module into the file',
  module: 'declare the handlers with "function"; nothing is exported',
  exports: 'declare the handlers with "function"; nothing is exported',
  process: 'take values from the second argument, settings',
  global: 'use module-level variables, or "globalThis"',
  __dirname: 'there are no files; put data into the code or into settings',
  __filename: 'there are no files; put data into the code or into settings',
}

function* modules({ scopes, parentOf }: ParsedFunction) {
  for (const { identifier } of scopes.globalScope.through) {
    const fix = Object.hasOwn(MODULE_NAMES, identifier.name) && MODULE_NAMES[identifier.name]
    if (!fix || isUnderTypeof(identifier, parentOf)) continue
    yield error('no-require', identifier.start, {
      message: `"${identifier.name}" does not exist on the host`,
      fix,
    })
  }
}

function* unknownGlobals({ scopes, kind, handlerNames, parentOf }: ParsedFunction) {
  const { through } = scopes.globalScope
  const written = new Set(through.filter((each) => each.isWrite()).map(nameOf))
  const seen = new Set<string>()
  for (const reference of through) {
    const name = nameOf(reference)
    const isKnown = isKnownGlobal(name, kind) || handlerNames.includes(name) || written.has(name)
    if (isKnown || Object.hasOwn(MODULE_NAMES, name) || seen.has(name)) continue
    if (isUnderTypeof(reference.identifier, parentOf)) continue
    seen.add(name)
    yield error('unknown-global', reference.identifier.start, {
      message: `"${name}" is neither declared here nor promised by the host`,
      fix: 'declare it, or use one of the globals in docs/functions-runtime.md',
    })
  }
}

function* implicitGlobals({ scopes, kind, handlerNames }: ParsedFunction) {
  for (const reference of scopes.globalScope.through) {
    const name = nameOf(reference)
    if (!reference.isWrite() || handlerNames.includes(name) || isKnownGlobal(name, kind)) continue
    yield warning('implicit-global', reference.identifier.start, {
      message: `"${name}" is assigned without being declared: it lives as long as the container, across events`,
      fix: `declare it: "let ${name}"`,
    })
  }
}

function* reassignedLibraries({ scopes, kind, parentOf }: ParsedFunction) {
  for (const reference of scopes.globalScope.through) {
    const name = nameOf(reference)
    if (!reference.isWrite() || !isKnownGlobal(name, kind)) continue
    if (!enclosingFunction(reference.identifier, parentOf)) continue
    yield warning('reassigned-global', reference.identifier.start, {
      message: `"${name}" is replaced inside a function: the second event in this container finds the replacement`,
      fix: 'give it another name, or assign at top level',
    })
  }
}

// The classic leak: two instances of one function share a warm process, and the second uses the first one's key.
function* capturedSettings({ handlers, scopes, program }: ParsedFunction) {
  const references = scopes.scopes.flatMap((scope) => scope.references)
  for (const { node } of handlers) {
    const settings = node.params[1]
    if (!settings) continue
    const names = new Set(boundNames(settings))
    for (const inner of nodesOf(node)) {
      if (inner.type !== 'AssignmentExpression' || !mentions(inner.right, names)) continue
      // Kept by the settings it belongs to: that is the cure, not the disease.
      if (inner.left.type === 'MemberExpression' && inner.left.computed) continue
      const target = rootName(inner.left)
      if (target === null || !isModuleLevel(target, inner, references, program)) continue
      yield error('captured-settings', inner.start, {
        message: `"${target}" keeps settings beyond this call, and instances with other settings share the container`,
        fix: `keep it in a local variable, or in a map by the settings it belongs to`,
      })
    }
  }
}

function* missingHandlers({ handlers, handlerNames, kind, program }: ParsedFunction) {
  const defined = new Set([
    ...handlers.map(({ name }) => name),
    ...assignedHandlers(program, handlerNames),
    // Not loadable, but meant: another rule says so.
    ...program.body.flatMap((statement) => blockDeclarations(statement).map(({ name }) => name)),
  ])
  const missing = handlerNames.filter((name) => name !== 'onBatch' && !defined.has(name))
  if (handlerNames.every((name) => !defined.has(name))) {
    yield error('no-handler', 0, {
      message: `no handler at top level; want ${handlerNames.join(', ')}`,
      fix: `add "async function ${handlerNames[0]}(…) { … }"`,
    })
  } else if ((kind === 'insert' || kind === 'sourceInsert') && missing.length > 0) {
    yield warning('blocked-types', 0, {
      message: `no ${missing.join(', ')}: an insert function blocks the types it has no handler for`,
      fix: 'add "async function onX(event) { return event }" for each type that is to pass',
    })
  }
}

const EVERY_HANDLER = /^on(Request|Identify|Identity|Track|Page|Screen|Group|Alias|Delete|Batch)$/

function* foreignHandlers({ program, handlerNames, kind }: ParsedFunction) {
  for (const statement of program.body) {
    if (statement.type !== 'FunctionDeclaration' || !statement.id) continue
    const { name } = statement.id
    if (!EVERY_HANDLER.test(name) || handlerNames.includes(name)) continue
    yield warning('foreign-handler', statement.start, {
      message: `${name} is never called in a function of kind ${kind}`,
      fix: 'state the right --kind, or remove it',
    })
  }
}

function* unreturnedEvents({ handlers, kind }: ParsedFunction) {
  if (kind !== 'insert' && kind !== 'sourceInsert') return
  for (const { name, node } of handlers) {
    if (returnsValue(node) || throwsOnly(node)) continue
    yield error('no-event-returned', node.start, {
      message: `${name} never returns an event, and an insert function must`,
      fix: name === 'onBatch' ? 'return the list of events' : 'end with "return event"',
    })
  }
}

function* uncaughtFetch({ scopes }: ParsedFunction) {
  const { through } = scopes.globalScope
  const fetching = through.find((each) => nameOf(each) === 'fetch')
  if (!fetching || through.some((each) => nameOf(each) === 'RetryError')) return
  yield warning('no-retry', fetching.identifier.start, {
    message:
      'fetch without RetryError anywhere: a connection error that is not caught discards the event',
    fix: 'catch what fetch throws and throw RetryError for it, for 429 and for 5xx',
  })
}

function nodesOf(root: AnyNode): AnyNode[] {
  const nodes: AnyNode[] = []
  walk(root, (node) => nodes.push(node))
  return nodes
}

function nameOf({ identifier }: Reference): string {
  return identifier.name
}

function isUnderTypeof(node: AnyNode, parentOf: ParsedFunction['parentOf']): boolean {
  const parent = parentOf(node)
  return parent?.type === 'UnaryExpression' && parent.operator === 'typeof'
}

function enclosingFunction(
  node: AnyNode,
  parentOf: ParsedFunction['parentOf'],
): AnyNode | undefined {
  let at = parentOf(node)
  while (at && !isFunctionNode(at)) at = parentOf(at)
  return at
}

function boundNames(pattern: AnyNode): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name]
    case 'AssignmentPattern':
      return boundNames(pattern.left)
    case 'RestElement':
      return boundNames(pattern.argument)
    case 'ObjectPattern':
      return pattern.properties.flatMap((each) =>
        boundNames(each.type === 'Property' ? each.value : each),
      )
    default:
      return []
  }
}

function mentions(node: AnyNode, names: ReadonlySet<string>): boolean {
  return nodesOf(node).some((each) => each.type === 'Identifier' && names.has(each.name))
}

function rootName(target: AnyNode): string | null {
  if (target.type === 'Identifier') return target.name
  return target.type === 'MemberExpression' ? rootName(target.object) : null
}

function isModuleLevel(
  name: string,
  within: AnyNode,
  references: readonly Reference[],
  program: AnyNode,
): boolean {
  const reference = references.find(
    ({ identifier }) =>
      identifier.name === name && identifier.start >= within.start && identifier.end <= within.end,
  )
  const variable: Variable | null | undefined = reference?.resolved
  return reference !== undefined && (!variable || variable.scope.block === program)
}

function assignedHandlers(program: AnyNode, names: readonly string[]): string[] {
  return nodesOf(program).flatMap((node) =>
    node.type === 'AssignmentExpression' &&
    node.left.type === 'Identifier' &&
    names.includes(node.left.name)
      ? [node.left.name]
      : [],
  )
}

// Of the function itself, not of those inside it.
function ownNodes(node: FunctionNode): AnyNode[] {
  const found: AnyNode[] = []
  const visit = (each: AnyNode) => {
    found.push(each)
    for (const value of Object.values(each)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (child && typeof child === 'object' && 'type' in child && !isFunctionNode(child))
          visit(child)
      }
    }
  }
  visit(node.body)
  return found
}

function returnsValue(node: FunctionNode): boolean {
  if (node.body.type !== 'BlockStatement') return true
  return ownNodes(node).some((each) => each.type === 'ReturnStatement' && each.argument)
}

function throwsOnly(node: FunctionNode): boolean {
  return node.body.type === 'BlockStatement' && node.body.body.at(-1)?.type === 'ThrowStatement'
}

type Told = Pick<FindingText, 'message' | 'fix'>

function error(rule: string, at: number, told: Told): RawFinding {
  return { rule, level: 'error', at, ...told }
}

function warning(rule: string, at: number, told: Told): RawFinding {
  return { rule, level: 'warning', at, ...told }
}
