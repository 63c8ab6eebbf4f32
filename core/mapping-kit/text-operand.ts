// Operands that are text, or a directive that gives text only once the event is there (`@path`, `@template`).
import { TrackLayerError } from '../errors.ts'
import { isPlainObject, kindOf } from './clean-copy.ts'
import type { Compiler, Path, Resolve } from './compiled.ts'

/** Notes a fault when the operand is neither text nor a directive. */
export function wantTextOrDirective(
  operand: unknown,
  path: Path,
  { fault }: Compiler,
  example: string,
): void {
  if (typeof operand !== 'string' && !isDirectiveLike(operand))
    fault(path, `want text or a directive, e.g. ${example}, got ${kindOf(operand)}`)
}

/** True for an object with a key that begins with `@`. */
export function isDirectiveLike(value: unknown): boolean {
  return isPlainObject(value) && Object.keys(value).some((key) => key.startsWith('@'))
}

/** @throws TrackLayerError MAPPING_INVALID when the event makes the operand anything but text */
export function textAt(resolve: Resolve, path: Path): (payload: unknown) => string {
  return (payload) => {
    const text = resolve(payload)
    if (typeof text === 'string') return text
    throw new TrackLayerError(
      'MAPPING_INVALID',
      `Cannot map this event: ${path.join('.')} wants text, got ${kindOf(text)}; ` +
        'wrap it in @if so that it is only used where it is there',
    )
  }
}
