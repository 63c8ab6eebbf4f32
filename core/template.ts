// Templates such as '{order_id}/{value}': resolved only when everything they name is there.
import { textOf } from './json.ts'

/**
 * Joins the parts of a template: text as it is, `[value]` for a placeholder. Null when any placeholder is neither
 * non-empty text nor a finite number. Compiled mapping rows call this with their placeholders already looked up.
 */
export function fillTemplate(parts: readonly (string | readonly [unknown])[]): string | null {
  let filled = ''
  for (const part of parts) {
    const text = typeof part === 'string' ? part : textOf(part[0])
    if (text === null) return null
    filled += text
  }
  return filled
}

/** Splits a template into text and the names of its placeholders. */
export function parseTemplate(template: string): { text: string; name: string | null }[] {
  const parts: { text: string; name: string | null }[] = []
  for (const piece of template.split(/(\{[^{}]*\})/)) {
    if (piece === '') continue
    const name = /^\{([A-Za-z_][\w.]*)\}$/.exec(piece)?.[1]
    parts.push({ text: piece, name: name ?? null })
  }
  return parts
}
