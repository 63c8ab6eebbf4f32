// What compiling one place of a mapping yields, and what the compilers of directives get to work with.
import type { Path, Problem } from '../yaml-file.ts'
import type { CompileLiquid } from './liquid.ts'

/** The payload is the event, an item of `@arrayPath`, or what `@transform` applied. */
export type Resolve = (payload: unknown) => unknown

/**
 * Two closures for one place. Inside a directive `resolve` counts: there a key that holds undefined still overrides
 * another object's in `@merge`. Where a place leads to the payload, `emit` writes it in one go: without undefined, and
 * sharing nothing with the event, because schema validation edits the payload in place.
 */
export interface Compiled {
  readonly resolve: Resolve
  readonly emit: Resolve
}

export interface Compiler {
  /** Compiles any value of the mapping; `path` leads to it from the top. */
  compile(value: unknown, path: Path): Compiled
  /** Notes a fault; compiling goes on, so that all faults are listed at once. */
  fault(path: Path, message: string): void
  readonly liquid: CompileLiquid | undefined
}

export type DirectiveCompiler = (operand: unknown, path: Path, compiler: Compiler) => Compiled

/** For results that are text, numbers or booleans, where there is nothing to copy. */
export function scalar(resolve: Resolve): Compiled {
  return { resolve, emit: resolve }
}

/** Stands where a fault was found; the mapping is refused, so it never runs. */
export const NOTHING: Compiled = scalar(() => undefined)

export type { Path, Problem }
