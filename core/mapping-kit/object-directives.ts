// @arrayPath, @flatten, @json, @merge, @transform: lists and objects made of others.
import { TrackLayerError } from '../errors.ts'
import { cleanCopy, isPlainObject, kindOf } from './clean-copy.ts'
import {
  type Compiled,
  type Compiler,
  type DirectiveCompiler,
  NOTHING,
  type Path,
  type Resolve,
} from './compiled.ts'
import { readOperands } from './operands.ts'
import { createReader, keysOfPath } from './read-path.ts'
import { wantTextOrDirective } from './text-operand.ts'

export const compileArrayPath: DirectiveCompiler = (operand, path, compiler) => {
  if (!Array.isArray(operand)) {
    compiler.fault(path, `want [path, shape of an item], got ${kindOf(operand)}`)
    return NOTHING
  }
  const [place, shape] = operand
  wantTextOrDirective(place, [...path, 0], compiler, '"$.properties.products"')
  const list =
    typeof place === 'string'
      ? createReader(keysOfPath(place))
      : compiler.compile(place, [...path, 0]).resolve
  const item = compiler.compile(shape, [...path, 1])
  if (!isPlainObject(shape) || Object.keys(shape).length === 0) return copied(list)
  return { resolve: eachItem(list, item.resolve), emit: eachItem(list, item.emit) }
}

// An object counts as the only item; anything else, also nothing, passes as it is.
function eachItem(list: Resolve, item: Resolve): Resolve {
  return (payload) => {
    const found = list(payload)
    if (isPlainObject(found)) return [item(found)]
    if (!Array.isArray(found)) return found
    const items = new Array<unknown>(found.length)
    for (let at = 0; at < found.length; at++) items[at] = item(found[at])
    return items
  }
}

export const compileFlatten: DirectiveCompiler = (operand, path, compiler) => {
  const operands = readOperands(operand, path, compiler)
  if (operands === null) return NOTHING
  const separator = operands.text('separator')
  if (!separator) return operands.missing('separator', 'want text between the names, e.g. "."')
  if (!operands.has('value')) return operands.missing('value', 'want the object to flatten')
  const { resolve } = operands.compiled('value')
  const keepsLists = Boolean(operands.written('omitArrays'))
  return copied((payload) => {
    const flat: Record<string, unknown> = {}
    flattenInto(flat, resolve(payload), { prefix: '', separator, keepsLists })
    return flat
  })
}

interface FlattenOptions {
  readonly prefix: string
  readonly separator: string
  readonly keepsLists: boolean
}

function flattenInto(flat: Record<string, unknown>, value: unknown, options: FlattenOptions): void {
  const { prefix, separator, keepsLists } = options
  if (!isPlainObject(value) && (keepsLists || !Array.isArray(value))) {
    if (prefix !== '__proto__') flat[prefix] = value
    return
  }
  for (const [key, inner] of Object.entries(value)) {
    const name = prefix === '' ? key : prefix + separator + key
    flattenInto(flat, inner, { prefix: name, separator, keepsLists })
  }
}

export const compileJson: DirectiveCompiler = (operand, path, compiler) => {
  const operands = readOperands(operand, path, compiler)
  if (operands === null) return NOTHING
  const mode = operands.oneOf('mode', ['encode', 'decode'])
  if (!operands.written('value'))
    return operands.missing('value', 'want what to encode or decode, e.g. { "@path": "$.traits" }')
  const { resolve } = operands.compiled('value')
  if (mode === 'encode') return copied((payload) => JSON.stringify(resolve(payload)))
  return copied((payload) => decoded(resolve(payload)))
}

// Text that is no JSON passes unchanged, as in mapping-kit: half of a sender's values may be encoded already.
function decoded(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

export const compileMerge: DirectiveCompiler = (operand, path, compiler) => {
  const operands = readOperands(operand, path, compiler, { apart: 'objects' })
  if (operands === null) return NOTHING
  const direction = operands.oneOf('direction', ['left', 'right'])
  const objects = operands.written('objects')
  if (!Array.isArray(objects)) return operands.missing('objects', 'want a list of objects')
  const sources = objects.map((object, at) => {
    const place = [...path, 'objects', at]
    wantObject(object, place, compiler)
    return compiler.compile(object, place).resolve
  })
  // Right: the later object wins; left: the earlier one.
  if (direction === 'left') sources.reverse()
  return copied((payload) => {
    const merged: Record<string, unknown> = {}
    for (const source of sources) assignInto(merged, source(payload))
    return merged
  })
}

// Text and lists give their characters and items by number, as in Object.assign; numbers and nothing give nothing.
function assignInto(target: Record<string, unknown>, source: unknown): void {
  if (source === null || source === undefined) return
  for (const [key, value] of Object.entries(source)) {
    if (key !== '__proto__') target[key] = value
  }
}

export const compileTransform: DirectiveCompiler = (operand, path, compiler) => {
  const operands = readOperands(operand, path, compiler)
  if (operands === null) return NOTHING
  wantObject(operands.written('apply'), [...path, 'apply'], compiler)
  wantObject(operands.written('mapping'), [...path, 'mapping'], compiler)
  const [apply, mapping] = [operands.compiled('apply'), operands.compiled('mapping')]
  const applied = (payload: unknown) => {
    if (isPlainObject(payload)) return apply.emit(payload)
    // What an inner @transform applied may be nothing; mapping-kit then goes on with an empty object.
    if (payload === undefined) return apply.emit({})
    throw new TrackLayerError(
      'MAPPING_INVALID',
      `Cannot map this event: ${path.join('.')} wants an object, got ${kindOf(payload)}; ` +
        'use it only on lists whose items are objects',
    )
  }
  return {
    resolve: (payload) => mapping.resolve(applied(payload)),
    emit: (payload) => mapping.emit(applied(payload)),
  }
}

function wantObject(value: unknown, path: Path, { fault }: Compiler): void {
  if (!isPlainObject(value)) fault(path, `want an object or a directive, got ${kindOf(value)}`)
}

function copied(resolve: Resolve): Compiled {
  return { resolve, emit: (payload) => cleanCopy(resolve(payload)) }
}
