// The text of `@template`: `{{traits.first}}` and `{{{name}}}`, taken apart once.
import { isPlainObject } from './clean-copy.ts'
import { createReader, keysOfName } from './read-path.ts'

type Part = string | ((payload: unknown) => string)

const TRIPLE = /\{\{\{([^}]+)\}\}\}/g
const DOUBLE = /\{\{([^}]+)\}\}/g

/** Fills a template from a payload. What a value holds is never read as a placeholder again. */
export function createTemplate(template: string): (payload: unknown) => string {
  const parts = partsOf(template, TRIPLE, (text) => partsOf(text, DOUBLE, (rest) => [rest]))
  return (payload) => {
    const values = payload === undefined ? {} : payload
    let text = ''
    for (const part of parts) text += typeof part === 'string' ? part : part(values)
    return text
  }
}

/** A placeholder whose name holds another placeholder, or null: `{{ {{{a}}} }}`. */
export function nestedPlaceholder(template: string): string | null {
  // Three braces are filled first, so between two of them they would make the name.
  const found = template.replace(TRIPLE, (match) => match.replaceAll('{', '<').replaceAll('}', '>'))
  return found.match(DOUBLE)?.find((match) => /<<<[^}]+>>>/.test(match)) ?? null
}

function partsOf(text: string, placeholder: RegExp, rest: (text: string) => Part[]): Part[] {
  const parts: Part[] = []
  let end = 0
  for (const match of text.matchAll(placeholder)) {
    parts.push(...rest(text.slice(end, match.index)))
    parts.push(createPart(match[1] as string))
    end = match.index + match[0].length
  }
  parts.push(...rest(text.slice(end)))
  return parts.filter((part) => part !== '')
}

function createPart(name: string): Part {
  const read = createReader(keysOfName(name.trim()))
  return (payload) => textOfAny(read(payload))
}

// JavaScript's own conversion, except that an object which brings a `toString` of its own cannot make it throw.
function textOfAny(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map(textOfAny).join(',')
  return isPlainObject(value) ? '[object Object]' : String(value)
}
