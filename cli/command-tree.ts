// Walks over the commands: what is in the tree, and by which words it is called.
import type { Argument, Command } from 'commander'

/** The command and all below it. */
export function* commandsIn(command: Command): Generator<Command> {
  yield command
  for (const child of command.commands) yield* commandsIn(child)
}

/** The commands at and below this one that do something themselves. */
export function leavesIn(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesIn)
}

/** The words that call it, without the program's name: `audience list`. */
export function pathOf(command: Command): string {
  const { parent } = command
  return parent ? [pathOf(parent), command.name()].filter(Boolean).join(' ') : ''
}

/** `tracklayer audience list` */
export function wordsOf(command: Command): string {
  return ['tracklayer', pathOf(command)].filter(Boolean).join(' ')
}

/** `<id>`, `[words...]` */
export function argumentOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}
