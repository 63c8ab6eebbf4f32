// Any value of a mapping → closures: constants, lists, objects, and directives by their name.
import { compileExcludeWhenNull, compileIf, compileLiteral } from './choice-directives.ts'
import { isPlainObject, kindOf } from './clean-copy.ts'
import {
  type Compiled,
  type Compiler,
  type DirectiveCompiler,
  NOTHING,
  type Path,
  type Resolve,
  scalar,
} from './compiled.ts'
import type { CompileLiquid } from './liquid.ts'
import {
  compileArrayPath,
  compileFlatten,
  compileJson,
  compileMerge,
  compileTransform,
} from './object-directives.ts'
import {
  compileCase,
  compileLiquid,
  compilePath,
  compileReplace,
  compileTemplate,
} from './text-directives.ts'

const DIRECTIVES: Readonly<Record<string, DirectiveCompiler>> = {
  '@path': compilePath,
  '@template': compileTemplate,
  '@literal': compileLiteral,
  '@if': compileIf,
  '@case': compileCase,
  '@replace': compileReplace,
  '@arrayPath': compileArrayPath,
  '@flatten': compileFlatten,
  '@json': compileJson,
  '@merge': compileMerge,
  '@transform': compileTransform,
  '@excludeWhenNull': compileExcludeWhenNull,
  '@liquid': compileLiquid,
}

export interface ValueCompilerOptions {
  readonly fault: Compiler['fault']
  readonly liquid: CompileLiquid | undefined
}

export function createValueCompiler({ fault, liquid }: ValueCompilerOptions): Compiler {
  const compiler: Compiler = { compile, fault, liquid }

  function compile(value: unknown, path: Path): Compiled {
    if (Array.isArray(value))
      return compileList(value.map((item, at) => compile(item, [...path, at])))
    if (!isPlainObject(value)) return compileConstant(value, path)
    const name = Object.keys(value).find((key) => key.startsWith('@'))
    return name === undefined ? compileObject(value, path) : compileDirective(name, value, path)
  }

  function compileConstant(value: unknown, path: Path): Compiled {
    if (typeof value === 'object' && value !== null)
      fault(path, 'want a JSON value; write a date as text, e.g. "2026-11-22"')
    if (['function', 'symbol', 'bigint'].includes(typeof value))
      fault(path, `want a JSON value, got ${kindOf(value)}`)
    return scalar(() => value)
  }

  function compileObject(object: Record<string, unknown>, path: Path): Compiled {
    const keys = Object.keys(object)
    if (keys.includes('__proto__'))
      fault([...path, '__proto__'], '"__proto__" is no name; choose another')
    const fields = keys.map((key) => compile(object[key], [...path, key]))
    return { resolve: resolveObject(keys, fields), emit: emitObject(keys, fields) }
  }

  function compileDirective(name: string, object: Record<string, unknown>, path: Path): Compiled {
    const place = [...path, name]
    const other = Object.keys(object).find((key) => key !== name && key !== '_metadata')
    if (other !== undefined) {
      const fix = 'a directive stands alone in its object; move one of them out'
      fault([...path, other], `"${other}" stands beside "${name}"; ${fix}`)
    }
    const directive = Object.hasOwn(DIRECTIVES, name) ? DIRECTIVES[name] : undefined
    if (object[name] === undefined) fault(place, `"${name}" has no operand; write one`)
    else if (directive) return directive(object[name], place, compiler)
    else
      fault(place, `"${name}" is no directive; want one of ${Object.keys(DIRECTIVES).join(', ')}`)
    return NOTHING
  }

  return compiler
}

function compileList(items: readonly Compiled[]): Compiled {
  const all = (resolvers: readonly Resolve[]) => (payload: unknown) =>
    resolvers.map((resolve) => resolve(payload))
  return {
    resolve: all(items.map(({ resolve }) => resolve)),
    emit: all(items.map(({ emit }) => emit)),
  }
}

function resolveObject(keys: readonly string[], fields: readonly Compiled[]): Resolve {
  const resolvers = fields.map(({ resolve }) => resolve)
  return (payload) => {
    const object: Record<string, unknown> = {}
    for (let at = 0; at < keys.length; at++)
      object[keys[at] as string] = (resolvers[at] as Resolve)(payload)
    return object
  }
}

// Written out as code, key by key: a loop that stores under ever other names takes twice the time, and this is where
// most of a mapping's time goes. Names come in as JSON text, so none of them can become code.
function emitObject(keys: readonly string[], fields: readonly Compiled[]): Resolve {
  const emitters = fields.map(({ emit }) => emit)
  const stores = keys.map(
    (key, at) =>
      `if ((value = emit${at}(payload)) !== undefined) object[${JSON.stringify(key)}] = value`,
  )
  const body = `const object = {}; let value; ${stores.join('; ')}; return object`
  const make = new Function(
    ...emitters.map((_, at) => `emit${at}`),
    `return (payload) => { ${body} }`,
  )
  return make(...emitters)
}
