// The patterns of match(): `*` any characters, `?` one, `[abc]` or `[a-z]` one of these, `\x` x itself.
import type { Offset, RefuseTrigger } from './fault.ts'

type Part = { readonly kind: 'any' } | { readonly kind: 'one'; is(char: string): boolean }

/** Compiles a pattern. Matching takes at most text × pattern steps, whatever the pattern. */
export function compileGlob(
  pattern: string,
  at: Offset,
  refuse: RefuseTrigger,
): (text: string) => boolean {
  const inner = pattern.slice(1, -1)
  if (!/[*?[\]\\]/.test(pattern)) return (text) => text === pattern
  if (!/[*?[\]\\]/.test(inner)) {
    const [starts, ends] = [pattern.startsWith('*'), pattern.endsWith('*')]
    if (pattern === '*') return () => true
    if (starts && ends) return (text) => text.includes(inner)
    if (ends && !isSpecial(pattern[0])) return matchStart(pattern.slice(0, -1))
    if (starts && !isSpecial(pattern.at(-1))) return matchEnd(pattern.slice(1))
  }
  const parts = partsOf(pattern, (message) => refuse(at, message))
  return (text) => matches(Array.from(text), parts)
}

function isSpecial(char: string | undefined): boolean {
  return char !== undefined && '*?[]\\'.includes(char)
}

function matchStart(start: string) {
  return (text: string) => text.startsWith(start)
}

function matchEnd(end: string) {
  return (text: string) => text.endsWith(end)
}

function partsOf(pattern: string, refuse: (message: string) => never): Part[] {
  const parts: Part[] = []
  const chars = Array.from(pattern)
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] as string
    if (char === '*') parts.push({ kind: 'any' })
    else if (char === '?') parts.push({ kind: 'one', is: () => true })
    else if (char === '[') {
      const end = endOfList(chars, at)
      if (end === -1) refuse(`"[" has no "]" in "${pattern}"; write \\[ for the character itself`)
      parts.push({ kind: 'one', is: oneOf(chars.slice(at + 1, end), refuse) })
      at = end
    } else {
      if (char === '\\') at++
      const wanted = char === '\\' ? chars[at] : char
      if (wanted === undefined) refuse(`"${pattern}" ends in "\\"; write \\\\ for the character`)
      parts.push({ kind: 'one', is: (found) => found === wanted })
    }
  }
  return parts
}

function endOfList(chars: readonly string[], start: number): number {
  for (let at = start + 1; at < chars.length; at++) {
    if (chars[at] === '\\') at++
    else if (chars[at] === ']') return at
  }
  return -1
}

function oneOf(chars: readonly string[], refuse: (message: string) => never) {
  if (chars.length === 0) refuse('[] lists no character; write \\[ for the character itself')
  if (chars[0] === '!' || chars[0] === '^')
    refuse(`"[${chars[0]}" is no negation in FQL; put the character elsewhere in its list`)
  const singles = new Set<string>()
  const ranges: (readonly [number, number])[] = []
  for (let at = 0; at < chars.length; at++) {
    if (chars[at] === '\\') at++
    const [first, dash, last] = chars.slice(at, at + 3) as [string, string?, string?]
    if (dash !== '-' || last === undefined) singles.add(first)
    else {
      ranges.push([first.codePointAt(0) as number, last.codePointAt(0) as number])
      at += 2
    }
  }
  return (char: string) => {
    const code = char.codePointAt(0) as number
    return singles.has(char) || ranges.some(([from, to]) => from <= code && code <= to)
  }
}

// On a mismatch only the last `*` takes one more character: an earlier one could gain nothing.
function matches(text: readonly string[], parts: readonly Part[]): boolean {
  let [at, part, star, resume] = [0, 0, -1, 0]
  while (at < text.length) {
    const wanted = parts[part]
    if (wanted?.kind === 'any') {
      star = part++
      resume = at
    } else if (wanted?.is(text[at] as string)) {
      part++
      at++
    } else if (star >= 0) {
      part = star + 1
      at = ++resume
    } else return false
  }
  while (parts[part]?.kind === 'any') part++
  return part === parts.length
}
