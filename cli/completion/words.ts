// What can be typed where: the tree of commands as data, for the scripts of all shells.
import type { Command, Option } from 'commander'
import { commandsIn, pathOf } from '../command-tree.ts'

export interface Completable {
  /** The words before, without the program's name; empty for the program itself. */
  readonly path: string
  /** Verbs below, or values of a first argument that has a closed list. */
  readonly words: readonly Word[]
  readonly options: readonly CompletableOption[]
  /** An argument is the name of a file or folder. */
  readonly takesFile: boolean
}

export interface Word {
  readonly name: string
  readonly description: string
}

export interface CompletableOption extends Word {
  /** What follows it: nothing, a word of a closed list, a file, or anything. */
  readonly value: 'none' | 'file' | 'any' | readonly string[]
}

export function completables(program: Command): Completable[] {
  return [...commandsIn(program)].map((command) => ({
    path: pathOf(command),
    words: [...verbsOf(command), ...valuesOf(command)],
    options: [...command.options.flatMap(optionOf), HELP],
    takesFile: command.registeredArguments.some((one) => isFile(`<${one.name()}>`)),
  }))
}

const HELP: CompletableOption = { name: '--help', description: 'show help', value: 'none' }

function verbsOf(command: Command): Word[] {
  return command.commands.map((each) => ({
    name: each.name(),
    description: each.description(),
  }))
}

function valuesOf({ registeredArguments: [first] }: Command): Word[] {
  return (first?.argChoices ?? []).map((name) => ({ name, description: first?.description ?? '' }))
}

function optionOf({ long, flags, description, argChoices, hidden }: Option): CompletableOption[] {
  if (!long || hidden) return []
  const takesValue = /[<[]/.test(flags)
  const value = argChoices ?? (!takesValue ? 'none' : isFile(flags) ? 'file' : 'any')
  return [{ name: long, description: withoutShape(description), value }]
}

// What a shell shows beside a flag has a line at most.
function withoutShape(description: string): string {
  return description.replace(/(: \{|; ).*/s, '')
}

function isFile(flags: string): boolean {
  return /<(file|folder)>/.test(flags)
}

/** One word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
