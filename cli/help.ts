// `tracklayer help [words…]`: a command by its words, or a topic that belongs to none.
import { Command } from 'commander'
import { TrackLayerError } from '../core/errors.ts'
import { type CommandHelp, helpOf, withHelp } from './command-help.ts'
import { referenceOf } from './command-reference.ts'
import { leavesIn, wordsOf } from './command-tree.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { type Column, print, printJson, tableLines } from './output.ts'

const HELP: CommandHelp = {
  json: '{ topic, commands?: [{ command, description, options, examples, json }], exit_codes?: [{ code, meaning }], text? }',
  notes: 'Topics: exit-codes; reference (docs/cli.md is its output).',
  examples: [
    'tracklayer help',
    'tracklayer help audience list',
    'tracklayer help exit-codes',
    'tracklayer help dead-letter --json | jq -r .commands[].examples[]',
  ],
}

/** @param program called when help is asked for: the tree this command is part of */
export function helpCommand(program: () => Command): Command {
  return withHelp(new Command('help'), HELP)
    .description('help for a command, or on a topic')
    .argument('[words...]', 'words of a command, e.g. audience list; or exit-codes, reference')
    .action((words: string[], flags: { readonly json?: boolean }) =>
      help(program(), words, flags.json === true),
    )
}

function help(program: Command, words: readonly string[], json: boolean): void {
  const topic = words.join(' ')
  if (topic === 'exit-codes') tellExitCodes(json)
  else if (topic === 'reference') tellReference(program, json)
  else tellCommand(commandAt(program, words), topic, json)
}

function tellCommand(command: Command, topic: string, json: boolean): void {
  if (json) printJson({ topic, commands: leavesIn(command).map(dataOf) })
  else command.outputHelp()
}

function commandAt(program: Command, words: readonly string[]): Command {
  let command = program
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word)
    if (!next) {
      // The same words without `help` fail with the nearest name.
      const known = command.commands.map((each) => each.name()).join(', ')
      const message = `No command "${words.join(' ')}"; want ${known ? `one of ${known}` : `${command.name()} alone`}`
      throw new TrackLayerError('SETTINGS_INVALID', message)
    }
    command = next
  }
  return command
}

function dataOf(command: Command): object {
  const { examples = [], json = null } = helpOf(command) ?? {}
  return {
    command: wordsOf(command),
    description: command.description(),
    options: command.options.map(({ flags, description }) => ({ flags, description })),
    examples,
    json,
  }
}

function tellExitCodes(json: boolean): void {
  if (json) printJson({ topic: 'exit-codes', exit_codes: EXIT_CODES })
  else for (const line of tableLines(EXIT_COLUMNS, EXIT_CODES)) print(line)
}

const EXIT_COLUMNS: readonly Column<(typeof EXIT_CODES)[number]>[] = [
  { title: 'code', value: ({ code }) => code },
  { title: 'meaning', value: ({ meaning }) => meaning },
]

function tellReference(program: Command, json: boolean): void {
  const text = referenceOf(program)
  if (json) printJson({ topic: 'reference', text })
  else print(text.trimEnd())
}
