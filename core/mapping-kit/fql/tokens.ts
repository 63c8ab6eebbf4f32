// FQL text → tokens. Names end at what is not a letter, digit, `_` or `-`; `\` takes any other character in.
import type { Offset, RefuseTrigger } from './fault.ts'

export type Token =
  | { readonly kind: 'name'; readonly keys: readonly string[]; readonly at: Offset }
  | { readonly kind: 'text'; readonly value: string; readonly at: Offset }
  | { readonly kind: 'number'; readonly value: number; readonly at: Offset }
  | { readonly kind: 'sign'; readonly value: string; readonly at: Offset }
  | { readonly kind: 'end'; readonly at: Offset }

const SPACE = /\s+/y
const NAME = /(?:[A-Za-z_]|\\[\s\S])(?:[\w-]|\\[\s\S])*(?:\.(?:[\w-]|\\[\s\S])+)*/y
const NUMBER = /[+-]?\d+(?:\.\d+)?(?![\w.])/y
// `\"` is a quote; every other backslash stays, because the patterns of match() use them.
const TEXT = /"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\]|\\[\s\S])*)'/y
const SIGN = /!=|<=|>=|==|[=<>!()[\],]/y

// What other languages write, and what FQL has for it.
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/&&/y, 'write "and"'],
  [/\|\|/y, 'write "or"'],
  [/["']/y, 'the text has no closing quote'],
  [/\.?\d|[+-]/y, 'want a plain number, e.g. 100 or 9.95'],
]

export function tokensOf(fql: string, refuse: RefuseTrigger): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(fql)
  }
  for (;;) {
    at += take(SPACE)?.[0].length ?? 0
    if (at === fql.length) return [...tokens, { kind: 'end', at }]
    const token = nextToken(take, at)
    if (token === null) return refuse(at, foreignHint(take))
    tokens.push(token.read)
    at += token.length
  }
}

type Take = (pattern: RegExp) => RegExpExecArray | null

function nextToken(take: Take, at: Offset): { read: Token; length: number } | null {
  const name = take(NAME)?.[0]
  if (name !== undefined)
    return { read: { kind: 'name', keys: keysOf(name), at }, length: name.length }
  const text = take(TEXT)
  if (text !== null) {
    const value = (text[1] ?? text[2] ?? '').replace(/\\(\\|["'])/g, unescapeQuote(text[0][0]))
    return { read: { kind: 'text', value, at }, length: text[0].length }
  }
  const number = take(NUMBER)?.[0]
  if (number !== undefined)
    return { read: { kind: 'number', value: Number(number), at }, length: number.length }
  const sign = take(SIGN)?.[0]
  if (sign === undefined) return null
  return { read: { kind: 'sign', value: sign === '==' ? '=' : sign, at }, length: sign.length }
}

function unescapeQuote(quote: string | undefined) {
  return (escaped: string, char: string) => (char === quote ? char : escaped)
}

function keysOf(name: string): string[] {
  const keys = name.match(/(?:[^.\\]|\\[\s\S])+/g) ?? []
  return keys.map((key) => key.replace(/\\([\s\S])/g, '$1'))
}

function foreignHint(take: Take): string {
  const known = FOREIGN.find(([pattern]) => take(pattern) !== null)
  return known?.[1] ?? 'FQL has no such character; write text in quotes, put \\ before it in a path'
}
