// All commands in one tree, with what they have in common: exit codes, colours, hints. What walks the tree (completion,
// docs/cli.md, the tests) starts here.
import { Command, type CommanderError } from 'commander'
import { audienceCommand } from './audience.ts'
import { buildCommand } from './build.ts'
import { argumentOf, commandsIn, wordsOf } from './command-tree.ts'
import { completionCommand } from './completion/command.ts'
import { deadLetterCommand } from './dead-letter.ts'
import { deployCommand } from './deploy/command.ts'
import { destinationCommand } from './destination.ts'
import { devCommand } from './dev/command.ts'
import { doctorCommand } from './doctor/command.ts'
import { functionCommand } from './function/command.ts'
import { helpCommand } from './help.ts'
import { keysCommand } from './keys/command.ts'
import { mappingsCommand } from './mappings.ts'
import { messageCommand } from './message.ts'
import { isColoured, paint, paintError } from './output.ts'
import { planCommand } from './plan.ts'
import { reconcileCommand } from './reconcile.ts'
import { replayCommand } from './replay.ts'
import { deliveryCommand, storeCommand } from './store.ts'

/** @param version of the package */
export function createProgram(version: string): Command {
  const program = new Command('tracklayer')
    .description(
      'Canonical, signed, deduplicated events behind Segment, with a ledger that balances',
    )
    .version(version)
    .helpCommand(false)
  for (const [heading, commands] of Object.entries(nouns(program))) {
    program.commandsGroup(heading)
    for (const command of commands) program.addCommand(command)
  }
  for (const command of commandsIn(program)) dress(command)
  return program
}

function nouns(program: Command): Readonly<Record<string, readonly Command[]>> {
  return {
    'Run it:': [devCommand(), storeCommand(), deliveryCommand(), buildCommand()],
    'See what happened:': [
      messageCommand(),
      destinationCommand(),
      audienceCommand(),
      deadLetterCommand(),
      reconcileCommand(),
    ],
    'Act on it:': [replayCommand(), keysCommand()],
    'Mappings and plan:': [mappingsCommand(), planCommand()],
    'Segment:': [deployCommand(), doctorCommand(), functionCommand()],
    'The command line itself:': [helpCommand(() => program), completionCommand(() => program)],
  }
}

// Commander hands these down to `command()` only, not to what is added ready-made.
function dress(command: Command): void {
  command
    .helpOption('-h, --help', 'show this')
    .helpCommand(false)
    .showHelpAfterError(hintOf(command))
    .exitOverride((error: CommanderError) => {
      throw error
    })
    .configureOutput({
      getOutHasColors: () => isColoured(process.stdout, process.env),
      getErrHasColors: () => isColoured(process.stderr, process.env),
      outputError: (text, write) => write(paintError.red(text.replace(/^error: /, ''))),
    })
    .configureHelp({
      styleTitle: (title) => paint.bold(title),
      subcommandTerm: termOf,
      subcommandDescription: describe,
    })
}

function termOf(command: Command): string {
  const names = command.registeredArguments.map(argumentOf)
  return [command.name(), ...names].join(' ')
}

// A noun says its verbs: who looks for one finds it in the first list.
function describe(command: Command): string {
  const verbs = command.commands.map((each) => each.name()).join(', ')
  return [command.description(), verbs].filter(Boolean).join(': ')
}

function hintOf(command: Command): string {
  return `(${wordsOf(command)} --help shows how)`
}
