// @if, @literal, @excludeWhenNull: what is taken, and what is left out.
import { cleanCopy, isPlainObject } from './clean-copy.ts'
import { type Compiled, type DirectiveCompiler, NOTHING, type Resolve } from './compiled.ts'
import { type Operands, readOperands } from './operands.ts'

export const compileIf: DirectiveCompiler = (operand, path, compiler) => {
  const operands = readOperands(operand, path, compiler)
  if (operands === null) return NOTHING
  const isMet = conditionOf(operands)
  if (isMet === null)
    return operands.missing('exists', 'want "exists" or "blank", e.g. { "@path": "$.userId" }')
  // mapping-kit takes no "else" that is false, 0, '' or null.
  const other = operands.written('else') ? operands.compiled('else') : NOTHING
  const chosen = operands.compiled('then')
  if (takesWhatExists(operands)) return firstOf(chosen, other)
  return {
    resolve: (payload) => (isMet(payload) ? chosen.resolve(payload) : other.resolve(payload)),
    emit: (payload) => (isMet(payload) ? chosen.emit(payload) : other.emit(payload)),
  }
}

// "This if it exists, else that" names the same place twice; most published presets are full of it. Read it once.
function takesWhatExists(operands: Operands): boolean {
  const [exists, chosen] = [operands.written('exists'), operands.written('then')]
  return isPlainObject(exists) && JSON.stringify(exists) === JSON.stringify(chosen)
}

function firstOf(chosen: Compiled, other: Compiled): Compiled {
  return {
    resolve: (payload) => chosen.resolve(payload) ?? other.resolve(payload),
    emit: (payload) => chosen.emit(payload) ?? other.emit(payload),
  }
}

// "exists" counts before "blank", also where it is written as null; both empty are a fault.
function conditionOf(operands: Operands): ((payload: unknown) => boolean) | null {
  if (!operands.written('exists') && !operands.written('blank')) return null
  if (!operands.has('exists')) {
    const { resolve } = operands.compiled('blank')
    return (payload) => !isBlank(resolve(payload))
  }
  const { resolve } = operands.compiled('exists')
  return (payload) => {
    const value = resolve(payload)
    return value !== undefined && value !== null
  }
}

// mapping-kit compares loosely with '', so 0, false, [] and [''] are blank as well.
function isBlank(value: unknown): boolean {
  if (!Array.isArray(value))
    return value === undefined || value === null || value === '' || value === 0 || value === false
  return value.length === 0 || (value.length === 1 && isEmptyText(value[0]))
}

function isEmptyText(item: unknown): boolean {
  return Array.isArray(item) ? isBlank(item) : item === undefined || item === null || item === ''
}

// Directives inside a literal are followed, as in mapping-kit; it serves to say what would read as something else.
export const compileLiteral: DirectiveCompiler = (operand, path, { compile }) =>
  compile(operand, path)

export const compileExcludeWhenNull: DirectiveCompiler = (operand, path, { compile }) => {
  const { resolve } = compile(operand, path)
  const exclude: Resolve = (payload) => {
    const value = resolve(payload)
    return value === null ? undefined : withoutNulls(value)
  }
  return { resolve: exclude, emit: (payload) => cleanCopy(exclude(payload)) }
}

// Not in lists, where a gap would move the others. The key stays, holding undefined: see Compiled.
function withoutNulls(value: unknown): unknown {
  if (!isPlainObject(value)) return value
  const kept: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    if (key !== '__proto__') kept[key] = value[key] === null ? undefined : withoutNulls(value[key])
  }
  return kept
}
