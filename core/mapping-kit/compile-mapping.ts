// Segment's mapping-kit mappings, compiled once into closures. Equal to `transform` of @segment/actions-core;
// docs/mapping-compiler.md lists the differences. Delivery compiles a mapping when it loads a destination.
import { TrackLayerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { isPlainObject, kindOf } from './clean-copy.ts'
import { createValueCompiler } from './compile-value.ts'
import type { Compiler, Path, Problem, Resolve } from './compiled.ts'
import type { CompileLiquid } from './liquid.ts'

export interface MappingOptions {
  /** Compiles `@liquid` templates (createLiquidCompiler); without it a mapping that has one is refused. */
  readonly liquid?: CompileLiquid | undefined
}

export type CompiledMapping = (event: JsonObject) => JsonObject

/**
 * Compiles a mapping. The result changes neither mapping nor event, and what it returns shares nothing with them.
 * It throws TrackLayerError MAPPING_INVALID for an event that turns the operand of `@path`, `@template` or `@transform`
 * into a value of the wrong kind.
 * @throws TrackLayerError MAPPING_INVALID naming place and fix of every fault
 */
export function compileMapping(mapping: JsonObject, options: MappingOptions = {}): CompiledMapping {
  const { emit, problems } = compileWhole(mapping, options)
  if (problems.length === 0) return onObjects(emit)
  const count = problems.length === 1 ? '1 fault' : `${problems.length} faults`
  const lines = problems.map(({ path, message }) => `${path.join('.') || 'top level'}: ${message}`)
  throw new TrackLayerError('MAPPING_INVALID', [`The mapping has ${count}:`, ...lines].join('\n  '))
}

/** Every fault of a mapping, placed for `fault()` of a YamlFile; none when it compiles. */
export function validateMapping(mapping: unknown, options: MappingOptions = {}): Problem[] {
  return compileWhole(mapping, options).problems
}

function onObjects(emit: Resolve): CompiledMapping {
  return (event) => {
    if (!isPlainObject(event)) throw new TypeError(`Want an event to map, got ${kindOf(event)}`)
    return emit(event) as JsonObject
  }
}

function compileWhole(mapping: unknown, { liquid }: MappingOptions) {
  const problems: Problem[] = []
  const fault = (path: Path, message: string) => {
    problems.push({ path: pathAsWritten(path), message })
  }
  const compiler = createValueCompiler({ fault, liquid })
  return { emit: compileRoot(mapping, compiler), problems }
}

/** The rest of the mapping becomes the `mapping` operand of the directive under this key. */
const ROOT_KEY = '__segment_internal_directive'

function pathAsWritten(path: Path): Path {
  return path[0] === ROOT_KEY && path[2] === 'mapping' ? path.slice(3) : path
}

function compileRoot(mapping: unknown, compiler: Compiler): Resolve {
  if (!isPlainObject(mapping)) {
    compiler.fault([], `want an object of fields, got ${kindOf(mapping)}`)
    return () => ({})
  }
  if (!Object.hasOwn(mapping, ROOT_KEY)) return compiler.compile(mapping, []).emit
  const { [ROOT_KEY]: root, ...fields } = mapping
  const [name, ...others] = isPlainObject(root) ? Object.keys(root) : []
  const operand = name === undefined ? undefined : (root as Record<string, unknown>)[name]
  if (!name?.startsWith('@') || others.length > 0 || !isPlainObject(operand)) {
    const fix = 'want one directive with an object, e.g. { "@transform": { "apply": … } }'
    compiler.fault([ROOT_KEY], fix)
    return () => ({})
  }
  return compiler.compile({ [name]: { ...operand, mapping: fields } }, [ROOT_KEY]).emit
}
