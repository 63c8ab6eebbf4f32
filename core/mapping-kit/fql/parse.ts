// Tokens → tree, with the usual precedence: `or` below `and` below `!` below comparisons.
import type { Offset, RefuseTrigger } from './fault.ts'
import type { Token } from './tokens.ts'

export type Node =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null; at: Offset }
  | { readonly kind: 'path'; readonly keys: readonly string[]; readonly at: Offset }
  | { readonly kind: 'list'; readonly items: readonly Node[]; readonly at: Offset }
  | {
      readonly kind: 'call'
      readonly name: string
      readonly args: readonly Node[]
      readonly at: Offset
    }
  | { readonly kind: 'group'; readonly inner: Node; readonly at: Offset }
  | { readonly kind: 'not'; readonly inner: Node; readonly at: Offset }
  | { readonly kind: 'all' | 'any'; readonly children: readonly Node[]; readonly at: Offset }
  | {
      readonly kind: 'compare'
      readonly operator: Operator
      readonly left: Node
      readonly right: Node
      readonly at: Offset
    }

const OPERATORS = ['=', '!=', '<', '<=', '>', '>=', 'in'] as const
export type Operator = (typeof OPERATORS)[number]

const WORDS: Readonly<Record<string, string | number | boolean | null>> = {
  true: true,
  false: false,
  null: null,
}

// Deep enough for any trigger a person writes, and far from the end of the stack.
const DEEPEST = 100

export function parseTokens(tokens: readonly Token[], refuse: RefuseTrigger): Node {
  let position = 0
  let depth = 0
  const peek = () => tokens[position] as Token
  const isSign = (value: string) => peek().kind === 'sign' && signOf(peek()) === value
  const isWord = (word: string) => wordOf(peek()) === word
  const accept = (is: boolean) => {
    if (is) position++
    return is
  }

  function expect(sign: string): void {
    if (!accept(isSign(sign))) refuse(peek().at, `want "${sign}" here`)
  }

  function parseAny(): Node {
    const { at } = peek()
    const children = [parseAll()]
    while (accept(isWord('or'))) children.push(parseAll())
    return children.length === 1 ? (children[0] as Node) : { kind: 'any', children, at }
  }

  // A comma between conditions is no FQL, but published presets have it and mean "and".
  function parseAll(): Node {
    const { at } = peek()
    const children = [parseCondition()]
    while (accept(isWord('and') || isSign(','))) children.push(parseCondition())
    return children.length === 1 ? (children[0] as Node) : { kind: 'all', children, at }
  }

  function parseCondition(): Node {
    const { at } = peek()
    if (!accept(isSign('!') || isNotBeforeCall())) return parseComparison()
    if (isSign('!')) refuse(at, 'two "!" cancel each other; remove both')
    const inner = parseOperand()
    if (operatorAt(peek()) !== undefined)
      refuse(at, '"!" would negate one side only; write !( … ) around the comparison')
    return { kind: 'not', inner, at }
  }

  // `not in_audience("churned")` reads one way only; before anything else `not` is refused, see parseName.
  function isNotBeforeCall(): boolean {
    const isCall = tokens[position + 1]?.kind === 'name' && signOf(tokens[position + 2]) === '('
    return isWord('not') && isCall
  }

  function parseComparison(): Node {
    const left = parseOperand()
    const { at } = peek()
    const operator = operatorAt(peek())
    if (operator === undefined) return left
    position++
    const right = parseOperand()
    if (operatorAt(peek()) !== undefined)
      refuse(peek().at, 'comparisons do not chain; join two of them with "and"')
    return { kind: 'compare', operator, left, right, at }
  }

  function parseOperand(): Node {
    if (++depth > DEEPEST) refuse(peek().at, `more than ${DEEPEST} levels deep; simplify it`)
    const token = peek()
    const node = parseToken(token)
    depth--
    return node
  }

  function parseToken(token: Token): Node {
    const { at } = token
    if (accept(isSign('('))) {
      const inner = parseAny()
      expect(')')
      return { kind: 'group', inner, at }
    }
    if (accept(isSign('['))) return { kind: 'list', items: parseItems(']'), at }
    if (token.kind === 'text' || token.kind === 'number') {
      position++
      return { kind: 'literal', value: token.value, at }
    }
    if (token.kind !== 'name') return refuse(at, 'want a path, a value or a function here')
    return parseName(token.keys, at)
  }

  function parseName(keys: readonly string[], at: Offset): Node {
    const word = keys.length === 1 ? (keys[0] as string) : ''
    if (isKeyword(word)) refuse(at, `want a condition before "${word}"`)
    if (isKeyword(word.toLowerCase())) refuse(at, `write "${word.toLowerCase()}" in lower case`)
    if (word.toLowerCase() === 'not') refuse(at, 'write !( … ) for "not"')
    position++
    if (accept(isSign('('))) {
      return { kind: 'call', name: keys.join('.'), args: parseItems(')'), at }
    }
    if (Object.hasOwn(WORDS, word)) return { kind: 'literal', value: WORDS[word] ?? null, at }
    return { kind: 'path', keys, at }
  }

  function parseItems(end: string): Node[] {
    const items: Node[] = []
    if (accept(isSign(end))) return items
    do items.push(parseOperand())
    while (accept(isSign(',')))
    expect(end)
    return items
  }

  const root = parseAny()
  if (peek().kind !== 'end') refuse(peek().at, hintFor(peek()))
  return root
}

function isKeyword(word: string): boolean {
  return word === 'and' || word === 'or' || word === 'in'
}

function signOf(token: Token | undefined): unknown {
  return token?.kind === 'sign' ? token.value : undefined
}

function wordOf(token: Token | undefined): string | undefined {
  return token?.kind === 'name' && token.keys.length === 1 ? token.keys[0] : undefined
}

function operatorAt(token: Token): Operator | undefined {
  return OPERATORS.find((operator) => operator === (wordOf(token) ?? signOf(token)))
}

function hintFor(token: Token): string {
  const word = wordOf(token)?.toLowerCase() ?? ''
  if (isKeyword(word)) return `write "${word}" in lower case`
  if (signOf(token) === '[') return 'write .0 for the first of a list, or: "value" in the.list'
  return 'want "and" or "or" between two conditions'
}
