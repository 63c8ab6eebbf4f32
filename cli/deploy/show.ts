// A deploy in words: what differs, what was done, what is left to a person.
import { createHash } from 'node:crypto'
import type { Json } from '../../core/json.ts'
import { paint } from '../output.ts'
import type { Change } from './resource.ts'
import type { Step } from './run.ts'

const SIGNS: Readonly<Record<Step['action'], string>> = {
  none: paint.dim('='),
  create: paint.green('+'),
  update: paint.yellow('~'),
  retire: paint.red('-'),
  'by hand': paint.cyan('☞'),
}

export function* tellStep({ action, title, changes, clicks }: Step): Generator<string> {
  yield `  ${SIGNS[action]} ${action.padEnd(8)} ${title}`
  if (action === 'update' || action === 'retire') {
    for (const change of changes) yield `      ${paint.dim(tellChange(change))}`
  }
  for (const click of clicks) yield `      ${paint.cyan(click)}`
}

export function tellChange({ field, from, to }: Change): string {
  return `${field}: ${shortly(from)} → ${shortly(to)}`
}

const MAX_SHOWN = 72

// Code and rules are told by size and digest: minified, their text says nothing to anybody.
function shortly(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (text.length <= MAX_SHOWN) return text === '' ? 'empty' : text
  return `${Buffer.byteLength(text)} bytes, sha256 ${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
}

/** For `--json`: values as they are shown, so that no file grows by the code of a function. */
export function stepJson({ changes, ...step }: Step): object {
  const told = changes.map(({ field, from, to }) => ({
    field,
    from: shortly(from),
    to: shortly(to),
  }))
  return { ...step, changes: told }
}
