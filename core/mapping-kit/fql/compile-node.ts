// The tree of a trigger → closures.
import { isInherited, readOwn } from '../read-path.ts'
import { compileComparison, compileMembership, type Test } from './compare.ts'
import type { RefuseTrigger } from './fault.ts'
import {
  type Argument,
  type Evaluate,
  FUNCTIONS,
  type HostFunction,
  TEXT_TESTS,
} from './functions.ts'
import type { Node } from './parse.ts'

export interface NodeCompiler {
  readonly refuse: RefuseTrigger
  readonly functions: Readonly<Record<string, HostFunction>>
}

type NodeOf<Kind extends Node['kind']> = Extract<Node, { kind: Kind }>

/** A condition: true only for true itself; null is no. */
export function compileTest(node: Node, compiler: NodeCompiler): Test {
  const test = (inner: Node) => compileTest(inner, compiler)
  switch (node.kind) {
    case 'group':
      return test(node.inner)
    case 'all':
      return every(node.children.map(test))
    case 'any':
      return some(node.children.map(test))
    case 'not':
      return compileNegation(node.inner, compiler)
    case 'compare':
      return compileCompare(node, compiler)
    case 'list':
      return compiler.refuse(node.at, 'a list is no condition; write e.g. event in ["a", "b"]')
    case 'literal':
      if (typeof node.value !== 'boolean')
        compiler.refuse(node.at, 'a value is no condition; compare a path with it')
      break
    case 'path':
    case 'call':
      break
  }
  const evaluate = compileValue(node, compiler)
  return (event, context) => evaluate(event, context) === true
}

function every(tests: readonly Test[]): Test {
  return (event, context) => {
    for (const test of tests) if (!test(event, context)) return false
    return true
  }
}

function some(tests: readonly Test[]): Test {
  return (event, context) => {
    for (const test of tests) if (test(event, context)) return true
    return false
  }
}

// `!contains(x, …)` and `!match(x, …)` are conditions of their own in destination-subscriptions: x is text, and the
// text does not contain it. With brackets, `!(contains(x, …))`, it is the plain negation.
function compileNegation(inner: Node, compiler: NodeCompiler): Test {
  const test = compileTest(inner, compiler)
  if (inner.kind !== 'call' || !TEXT_TESTS.has(inner.name))
    return (event, context) => !test(event, context)
  const text = compileValue(inner.args[0] as Node, compiler)
  return (event, context) => typeof text(event, context) === 'string' && !test(event, context)
}

function compileCompare(node: NodeOf<'compare'>, compiler: NodeCompiler): Test {
  refuseBareWord(node.right, compiler)
  const left = compileArgument(node.left, compiler)
  const right = compileArgument(node.right, compiler)
  if (node.operator === 'in') {
    if (right.literal !== undefined)
      compiler.refuse(node.right.at, 'want a list after "in", e.g. ["a", "b"]')
    return compileMembership(left.evaluate, right.evaluate)
  }
  const textSides = [
    ...(isTextField(node.left) ? [left] : []),
    ...(isTextField(node.right) ? [right] : []),
  ]
  return compileComparison(
    {
      ...node,
      operator: node.operator,
      left,
      right,
      isTextField: (side) => textSides.includes(side),
    },
    compiler.refuse,
  )
}

function isTextField(node: Node): boolean {
  return (
    node.kind === 'path' &&
    node.keys.length === 1 &&
    ['type', 'event', 'name', 'userId'].includes(node.keys[0] as string)
  )
}

function compileArgument(node: Node, compiler: NodeCompiler): Argument {
  const evaluate = compileValue(node, compiler)
  return node.kind === 'literal'
    ? { evaluate, at: node.at, literal: node.value }
    : { evaluate, at: node.at }
}

function compileValue(node: Node, compiler: NodeCompiler): Evaluate {
  if (node.kind === 'literal') return () => node.value
  if (node.kind === 'path') return compileRead(node.keys)
  if (node.kind === 'list') return compileList(node, compiler)
  if (node.kind === 'call') return compileCall(node, compiler)
  return compileTest(node, compiler)
}

// Own properties only, and nothing below text, numbers and booleans but the length of text.
function compileRead(keys: readonly string[]): Evaluate {
  const steps = keys.map((key) => ({ key, isInherited: isInherited(key) }))
  return (event) => {
    let value: unknown = event
    for (const { key, isInherited } of steps) {
      if (value === undefined || value === null) return undefined
      value = isInherited ? readOwn(value, key) : (value as Record<string, unknown>)[key]
    }
    return value
  }
}

function compileList({ items }: NodeOf<'list'>, compiler: NodeCompiler): Evaluate {
  for (const item of items) refuseBareWord(item, compiler)
  if (items.every((item) => item.kind === 'literal')) {
    const values = items.map(({ value }) => value)
    return () => values
  }
  const values = items.map((item) => compileValue(item, compiler))
  return (event, context) => values.map((value) => value(event, context))
}

function compileCall(node: NodeOf<'call'>, compiler: NodeCompiler): Evaluate {
  const { name, at } = node
  const args = node.args.map((arg) => compileArgument(arg, compiler))
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
  if (known) {
    if (args.length !== known.arity) compiler.refuse(at, `want ${known.wants}`)
    return known.compile(args, compiler.refuse)
  }
  const host = Object.hasOwn(compiler.functions, name) ? compiler.functions[name] : undefined
  if (host === undefined) {
    const names = [...Object.keys(FUNCTIONS), ...Object.keys(compiler.functions)].join(', ')
    return compiler.refuse(at, `no function is called "${name}"; want one of ${names}`)
  }
  const evaluators = args.map(({ evaluate }) => evaluate)
  return (event, context) =>
    host(context, ...evaluators.map((evaluate) => evaluate(event, context) ?? null))
}

// The fields a message has at its top. Another single word on the right is far more likely a text without quotes.
const MESSAGE_FIELDS = new Set([
  ...['type', 'event', 'name', 'userId', 'anonymousId', 'groupId', 'previousId', 'messageId'],
  ...['timestamp', 'originalTimestamp', 'sentAt', 'receivedAt', 'context', 'properties', 'traits'],
  ...['integrations', 'channel', 'version', 'category', 'projectId'],
])

function refuseBareWord(node: Node, { refuse }: NodeCompiler): void {
  const word = node.kind === 'path' && node.keys.length === 1 ? (node.keys[0] as string) : undefined
  if (word !== undefined && !MESSAGE_FIELDS.has(word))
    refuse(node.at, `text wants quotes; write "${word}"`)
}
