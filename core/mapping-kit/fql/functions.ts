// FQL's functions. Each gets its arguments compiled and returns a closure; null in means null, 0 or false out.
import type { Offset, RefuseTrigger } from './fault.ts'
import { compileGlob } from './glob.ts'

export type Evaluate = (event: unknown, context: unknown) => unknown

export interface Argument {
  readonly evaluate: Evaluate
  /** Present when the trigger itself says the value. */
  readonly literal?: string | number | boolean | null
  readonly at: Offset
}

/** A predicate of the host, e.g. in_audience("vip"): gets the context of the evaluation, then its arguments. */
export type HostFunction = (context: unknown, ...args: readonly unknown[]) => unknown

export interface FqlFunction {
  readonly wants: string
  readonly arity: number
  compile(args: readonly Argument[], refuse: RefuseTrigger): Evaluate
}

/** `contains` and `match` on text: their own negation is false for what is no text, see compile-node.ts. */
export const TEXT_TESTS: ReadonlySet<string> = new Set(['contains', 'match'])

export const FUNCTIONS: Readonly<Record<string, FqlFunction>> = {
  contains: { wants: 'contains(text, part)', arity: 2, compile: compileContains },
  match: { wants: 'match(text, "pattern*")', arity: 2, compile: compileMatch },
  length: ofOne('length', lengthOf),
  lowercase: ofOne('lowercase', onText(toLowerCase)),
  uppercase: ofOne('uppercase', onText(toUpperCase)),
  snakecase: ofOne('snakecase', onText(toSnakeCase)),
  kebabcase: ofOne('kebabcase', onText(toKebabCase)),
  titlecase: ofOne('titlecase', onText(toTitleCase)),
  typeof: ofOne('typeof', typeOf),
  bool: ofOne('bool', toBoolean),
  string: ofOne('string', toText),
  number: ofOne('number', toNumber),
}

function ofOne(name: string, apply: (value: unknown) => unknown): FqlFunction {
  return {
    wants: `${name}(value)`,
    arity: 1,
    compile([argument]) {
      const { evaluate } = argument as Argument
      return (event, context) => apply(evaluate(event, context))
    },
  }
}

function compileContains(args: readonly Argument[], refuse: RefuseTrigger): Evaluate {
  const [text, part] = args as [Argument, Argument]
  if (part.literal === null) refuse(part.at, 'want the text to look for')
  const wanted = part.literal === undefined ? part.evaluate : constant(String(part.literal))
  return (event, context) => {
    const [whole, found] = [text.evaluate(event, context), wanted(event, context)]
    return typeof whole === 'string' && typeof found === 'string' && whole.includes(found)
  }
}

function compileMatch(args: readonly Argument[], refuse: RefuseTrigger): Evaluate {
  const [text, pattern] = args as [Argument, Argument]
  if (typeof pattern.literal !== 'string')
    return refuse(pattern.at, 'want the pattern as text, second: match(event, "Order *")')
  const isMatch = compileGlob(pattern.literal, pattern.at, refuse)
  return (event, context) => {
    const whole = text.evaluate(event, context)
    return typeof whole === 'string' && isMatch(whole)
  }
}

function constant(value: unknown): Evaluate {
  return () => value
}

function onText(change: (text: string) => string) {
  return (value: unknown) => (typeof value === 'string' ? change(value) : null)
}

function toLowerCase(text: string): string {
  return text.toLowerCase()
}

function toUpperCase(text: string): string {
  return text.toUpperCase()
}

function toSnakeCase(text: string): string {
  return text.replace(/\s/g, '_')
}

function toKebabCase(text: string): string {
  return text.replace(/\s/g, '-')
}

function toTitleCase(text: string): string {
  return text.replace(/(^|\s)(\S)/gu, (_, space: string, first: string) => {
    return space + first.toUpperCase()
  })
}

// Bytes of UTF-8 for text, as the server counts; 3 for `ア`.
function lengthOf(value: unknown): number | null {
  if (value === null || value === undefined) return 0
  if (Array.isArray(value)) return value.length
  if (typeof value !== 'string') return null
  let bytes = 0
  for (const char of value) {
    const code = char.codePointAt(0) as number
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'list'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

// The documentation says "converts" and no more: what reads as no is false, everything else that is there is true.
function toBoolean(value: unknown): boolean {
  if (typeof value === 'string') return !['', '0', 'false'].includes(value.trim().toLowerCase())
  return Array.isArray(value) ? value.length > 0 : Boolean(value)
}

function toText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function toNumber(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value))
    return null
  return Number(value)
}
