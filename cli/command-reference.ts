// docs/cli.md, made from the commands themselves: `tracklayer help reference > docs/cli.md`. A test holds the file against it.
import type { Command } from 'commander'
import { helpOf } from './command-help.ts'
import { argumentOf, leavesIn, wordsOf } from './command-tree.ts'
import { EXIT_CODES } from './exit-codes.ts'

const INTRODUCTION = `# The command line

Made by \`tracklayer help reference\`; edit the commands, not this page.

Commands are \`tracklayer <noun> <verb>\`. \`tracklayer\` alone shows the way in, \`--help\` at any command shows its flags,
variables and examples.

- **stdout** carries the result, **stderr** everything else: notes, progress, errors with their fix.
- **\`--json\`** prints one JSON object on one line, of the shape given below; a key with \`?\` is not always there. What
  fails on the way says so on stderr and prints none.
- **Colour** only on a terminal, never with \`NO_COLOR\`; \`FORCE_COLOR=1\` colours a pipe, too.
- **\`--watch [seconds]\`** asks again until Ctrl-C: written over on a terminal, a line of JSON a round with \`--json\`.
- **Progress** is a bar on a terminal, elsewhere a line every tenth of the way, nothing with \`--json\`.
- **Completion**: \`source <(tracklayer completion bash)\`; \`tracklayer completion --help\` for zsh and fish.
- **Which store** is asked: \`--store-url\`, else \`TRACKLAYER_STORE_URL\` (with \`TRACKLAYER_API_KEY\`), else the \`tracklayer dev\` that
  runs from this folder.`

export function referenceOf(program: Command): string {
  const sections = [
    INTRODUCTION,
    '## Exit codes',
    table(['code', 'meaning'], EXIT_CODES.map(rowOf)),
    ...program.commands.map(sectionOf),
  ]
  return `${sections.join('\n\n')}\n`
}

function rowOf({ code, meaning }: (typeof EXIT_CODES)[number]): [string, string] {
  return [String(code), meaning]
}

function sectionOf(noun: Command): string {
  const leaves = leavesIn(noun)
  const isOne = leaves.length === 1 && leaves[0] === noun
  const head = [`## ${noun.name()}`, ...(isOne ? [] : [sentence(noun.description())])]
  return [...head, ...leaves.map(entryOf)].join('\n\n')
}

function entryOf(command: Command): string {
  const { examples = [], json = '', jsonNote } = helpOf(command) ?? {}
  const call = [wordsOf(command), ...command.registeredArguments.map(argumentOf)].join(' ')
  const shape = `${json}${jsonNote ? `   # ${jsonNote}` : ''}`
  return [
    `**\`${call}\`** ${command.description()}`,
    ['```', examples[0] ?? '', `--json ${shape}`, '```'].join('\n'),
  ].join('\n\n')
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`
}

// Padded, as the other pages' tables are.
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const rule = widths.map((width) => '-'.repeat(width))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}
