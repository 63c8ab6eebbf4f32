// What every command says of itself beside its flags: examples, variables, exit codes, the shape of its JSON. As data, so that
// --help, docs/cli.md and the test that walks all commands read the same.
import type { Command } from 'commander'
import { EXIT_CODES, type ExitCode } from './exit-codes.ts'

export interface CommandHelp {
  /** Whole command lines, the plainest first. */
  readonly examples: readonly string[]
  /** What --json prints, by its keys: `{ audiences: [{ id, name }], next }`; `?` after a key that is not always there. */
  readonly json?: string
  /** Words after that shape, e.g. `with --watch one a line`. */
  readonly jsonNote?: string
  /** Whole lines, without an indent. */
  readonly notes?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Where the general meaning needs words of its own. */
  readonly exits?: Readonly<Partial<Record<ExitCode, string>>>
}

/** Of whatever asks a store. */
export const STORE_VARIABLES = {
  TRACKLAYER_STORE_URL: 'address of the store; else the running `tracklayer dev`',
  TRACKLAYER_API_KEY: 'API key of the environment to look in',
} as const

const HELP = new WeakMap<Command, CommandHelp>()

export function withHelp(command: Command, help: CommandHelp): Command {
  HELP.set(command, help)
  if (help.json !== undefined) {
    const note = help.jsonNote ? `; ${help.jsonNote}` : ''
    command.option('--json', `print one JSON object: ${help.json}${note}`)
  }
  return command.addHelpText('after', () => `\n${[...helpLines(help)].join('\n')}`)
}

/** withHelp() for a command that asks a store: the flag that names it, and its variables. */
export function withStoreHelp(command: Command, help: CommandHelp): Command {
  return withHelp(command.option('--store-url <url>', 'address of the store'), {
    environment: STORE_VARIABLES,
    ...help,
  })
}

export function helpOf(command: Command): CommandHelp | undefined {
  return HELP.get(command)
}

function* helpLines({ notes, environment, exits, examples }: CommandHelp): Generator<string> {
  if (notes) yield* [notes.trim(), '']
  if (environment) {
    yield* ['Environment:', ...listed(Object.entries(environment)), '']
  }
  if (exits) {
    yield* ['Exit codes:', ...listed(exitWords(exits)), '']
  }
  yield 'Examples:'
  for (const example of examples) yield `  ${example}`
}

function exitWords(exits: NonNullable<CommandHelp['exits']>): [string, string][] {
  return EXIT_CODES.flatMap(({ code }) => {
    const words = exits[code]
    return words === undefined ? [] : [[String(code), words]]
  })
}

function* listed(entries: readonly (readonly [string, string])[]): Generator<string> {
  const width = Math.max(...entries.map(([name]) => name.length))
  for (const [name, words] of entries) {
    const [first, ...more] = words.split('\n')
    yield `  ${name.padEnd(width)}  ${first}`
    for (const line of more) yield `  ${' '.repeat(width)}  ${line}`
  }
}
