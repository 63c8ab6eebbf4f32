// The operands of directives that take an object: `{ "@case": { "operator": "lower", "value": … } }`.
import { isPlainObject, kindOf } from './clean-copy.ts'
import { type Compiled, type Compiler, NOTHING, type Path } from './compiled.ts'

/** The operands of one directive. Every question that finds a fault notes it. */
export interface Operands {
  has(name: string): boolean
  /** As written in the mapping. */
  written(name: string): unknown
  compiled(name: string): Compiled
  /** A text of at most `most` characters; undefined when absent. */
  text(name: string, most?: number): string | undefined
  flag(name: string, fallback: boolean): boolean
  /** One of the texts; undefined (with a fault noted) for anything else. */
  oneOf<Name extends string>(name: string, names: readonly Name[]): Name | undefined
  missing(name: string, message: string): Compiled
}

/** Null, with the fault noted, when the operand is no object of named operands. */
export function readOperands(
  operand: unknown,
  path: Path,
  compiler: Compiler,
  { apart = '' }: { /** Compiled by the caller, item by item. */ readonly apart?: string } = {},
): Operands | null {
  if (!isPlainObject(operand)) {
    compiler.fault(path, `want an object of operands, got ${kindOf(operand)}`)
    return null
  }
  const directive = Object.keys(operand).find((key) => key.startsWith('@'))
  if (directive !== undefined) {
    compiler.fault([...path, directive], 'want an operand here; the directive belongs inside one')
    return null
  }
  // All are compiled, also those nobody asks for: a fault in them is a fault of the mapping.
  const compiled = new Map(
    Object.keys(operand)
      .filter((name) => name !== apart)
      .map((name) => [name, compiler.compile(operand[name], [...path, name])]),
  )
  const written = (name: string) => (Object.hasOwn(operand, name) ? operand[name] : undefined)
  const wanted = (name: string, what: string) => {
    compiler.fault([...path, name], `want ${what}, got ${shown(written(name))}`)
    return undefined
  }
  return {
    written,
    has: (name) => written(name) !== undefined,
    compiled: (name) => compiled.get(name) ?? NOTHING,
    text(name, most = Number.POSITIVE_INFINITY) {
      const text = written(name)
      if (text === undefined) return undefined
      if (typeof text !== 'string') return wanted(name, 'text')
      return text.length <= most ? text : wanted(name, `at most ${most} characters`)
    },
    flag(name, fallback) {
      const flag = written(name)
      if (flag === undefined) return fallback
      return typeof flag === 'boolean' ? flag : (wanted(name, 'true or false') ?? fallback)
    },
    oneOf: (name, names) =>
      names.find((allowed) => allowed === written(name)) ??
      wanted(name, names.map((allowed) => `"${allowed}"`).join(' or ')),
    missing(name, message) {
      compiler.fault([...path, name], message)
      return NOTHING
    },
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : kindOf(value)
}
