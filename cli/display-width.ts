// How many columns a text takes in a terminal, and where to cut it: by grapheme, as terminals do, not by character.
const ESCAPE = '\u001b'
const SGR = new RegExp(`${ESCAPE}\\[[0-9;]*m`, 'g')
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

const PLAIN = /^[\x20-\x7e]*$/
const NO_WIDTH = /^[\p{Mark}\p{Cc}\p{Cf}]+$/u
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u

// East Asian Wide and Fullwidth (Unicode TR 11), in blocks: what is unassigned inside one is never seen.
const WIDE: readonly (readonly [from: number, to: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
]

/** Columns of a terminal; colours take none. */
export function displayWidth(text: string): number {
  const bare = text.replace(SGR, '')
  if (PLAIN.test(bare)) return bare.length
  let width = 0
  for (const { segment } of graphemes.segment(bare)) width += widthOf(segment)
  return width
}

function widthOf(grapheme: string): number {
  if (NO_WIDTH.test(grapheme)) return 0
  const code = grapheme.codePointAt(0) ?? 0
  return EMOJI.test(grapheme) || WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text
}

/** At most `width` columns, the last of them an ellipsis where something was cut; colours end with the text. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let kept = ''
  let left = width - 1
  for (const part of text.split(new RegExp(`(${SGR.source})`))) {
    if (part.startsWith(ESCAPE)) kept += part
    else if (left >= 0) {
      for (const { segment } of graphemes.segment(part)) {
        left -= widthOf(segment)
        if (left < 0) {
          kept += '…'
          break
        }
        kept += segment
      }
    }
  }
  return kept
}
