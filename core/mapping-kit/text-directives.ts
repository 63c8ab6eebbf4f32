// @path, @template, @case, @replace, @liquid.
import { messageOf, TrackLayerError } from '../errors.ts'
import { cleanCopy, kindOf } from './clean-copy.ts'
import { type DirectiveCompiler, NOTHING, scalar } from './compiled.ts'
import { readOperands } from './operands.ts'
import { createTemplate, nestedPlaceholder } from './placeholders.ts'
import { createReader, keysOfPath } from './read-path.ts'
import { textAt, wantTextOrDirective } from './text-operand.ts'

export const compilePath: DirectiveCompiler = (operand, path, compiler) => {
  wantTextOrDirective(operand, path, compiler, '"$.properties.order_id"')
  const place = textAt(compiler.compile(operand, path).resolve, path)
  const resolve =
    typeof operand === 'string'
      ? createReader(keysOfPath(operand))
      : (payload: unknown) => createReader(keysOfPath(place(payload)))(payload)
  return { resolve, emit: (payload) => cleanCopy(resolve(payload)) }
}

export const compileTemplate: DirectiveCompiler = (operand, path, compiler) => {
  wantTextOrDirective(operand, path, compiler, '"order {{properties.id}}"')
  if (typeof operand !== 'string') {
    const template = textAt(compiler.compile(operand, path).resolve, path)
    return scalar((payload) => createTemplate(template(payload))(payload))
  }
  const nested = nestedPlaceholder(operand)
  if (nested !== null)
    compiler.fault(path, `"${nested}" has a placeholder inside a placeholder; write its path out`)
  return scalar(createTemplate(operand))
}

export const compileCase: DirectiveCompiler = (operand, path, compiler) => {
  const operands = readOperands(operand, path, compiler)
  if (operands === null) return NOTHING
  const operator = operands.oneOf('operator', ['lower', 'upper'])
  if (!operands.has('value')) return NOTHING
  const value = operands.written('value')
  wantTextOrDirective(value, [...path, 'value'], compiler, '{ "@path": "$.properties.currency" }')
  if (value === '') return NOTHING
  const { resolve } = operands.compiled('value')
  const change = (payload: unknown) => {
    const found = resolve(payload)
    if (typeof found !== 'string') return found
    return operator === 'lower' ? found.toLowerCase() : found.toUpperCase()
  }
  return { resolve: change, emit: (payload) => cleanCopy(change(payload)) }
}

// Limits of mapping-kit: a pattern or replacement has ten characters at most.
const MOST_REPLACED = 10

export const compileReplace: DirectiveCompiler = (operand, path, compiler) => {
  const operands = readOperands(operand, path, compiler)
  if (operands === null) return NOTHING
  if (!operands.written('pattern'))
    operands.missing('pattern', 'want the text to replace, 1 to 10 characters')
  const written = operands.written('value')
  wantTextOrDirective(written, [...path, 'value'], compiler, '{ "@path": "$.traits.phone" }')
  const isGlobal = operands.flag('global', true)
  const flags = (isGlobal ? 'g' : '') + (operands.flag('ignorecase', false) ? 'i' : '')
  const steps = ['', '2'].flatMap((suffix) => {
    const pattern = operands.text(`pattern${suffix}`, MOST_REPLACED)
    const replacement = operands.text(`replacement${suffix}`, MOST_REPLACED) ?? ''
    return pattern ? [{ pattern: new RegExp(escapePattern(pattern), flags), replacement }] : []
  })
  if (written === '') return NOTHING
  const { resolve } = operands.compiled('value')
  return scalar((payload) => {
    const value = resolve(payload)
    if (typeof value !== 'string' && typeof value !== 'boolean' && typeof value !== 'number')
      return ''
    // `$&` and `$$` in a replacement have JavaScript's meaning, as in mapping-kit.
    return steps.reduce((text, step) => text.replace(step.pattern, step.replacement), String(value))
  })
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

// mapping-kit's limit.
const MOST_LIQUID = 1000

export const compileLiquid: DirectiveCompiler = (operand, path, compiler) => {
  const refuse = (message: string) => {
    compiler.fault(path, message)
    return NOTHING
  }
  if (typeof operand !== 'string') return refuse(`want a Liquid template, got ${kindOf(operand)}`)
  if (operand.length > MOST_LIQUID)
    return refuse(`want at most ${MOST_LIQUID} characters, got ${operand.length}; shorten it`)
  if (!compiler.liquid)
    return refuse('Liquid is not available here; use @template, or pass `liquid` to the compiler')
  if (operand === '') return scalar(() => '')
  try {
    const render = compiler.liquid(operand)
    return scalar((payload) => rendered(() => render(payload), path.join('.')))
  } catch (error) {
    return refuse(messageOf(error))
  }
}

function rendered(render: () => string, place: string): string {
  try {
    return render()
  } catch (error) {
    const detail = `Cannot map this event: ${place}: ${messageOf(error)}`
    throw new TrackLayerError('MAPPING_INVALID', detail, { cause: error })
  }
}
