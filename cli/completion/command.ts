// `tracklayer completion bash|zsh|fish`: a script for the shell, made from the commands and their closed lists of values.
import { Argument, Command } from 'commander'
import { type CommandHelp, withHelp } from '../command-help.ts'
import { print, printJson } from '../output.ts'
import { bashScript } from './bash.ts'
import { fishScript } from './fish.ts'
import { type Completable, completables } from './words.ts'
import { zshScript } from './zsh.ts'

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const
type Shell = keyof typeof SCRIPTS

const HELP: CommandHelp = {
  json: '{ shell, script }',
  examples: [
    'source <(tracklayer completion bash)                                          # in ~/.bashrc',
    'tracklayer completion zsh > "$fpath[1]/_tracklayer"',
    'tracklayer completion fish > ~/.config/fish/completions/tracklayer.fish',
  ],
}

/** @param program called when a script is asked for: the tree this command is part of */
export function completionCommand(program: () => Command): Command {
  const shell = new Argument('<shell>', 'the shell to complete in').choices(Object.keys(SCRIPTS))
  return withHelp(new Command('completion'), HELP)
    .description('print a completion script')
    .addArgument(shell)
    .action((name: Shell, flags: { readonly json?: boolean }) => {
      const script = SCRIPTS[name](completables(program()) satisfies readonly Completable[])
      if (flags.json) printJson({ shell: name, script })
      else print(script.trimEnd())
    })
}
