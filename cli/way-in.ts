// `tracklayer` alone: what it is, the first things to do, where the rest stands.
import { paint } from './output.ts'

const FIRST: readonly (readonly [words: string, what: string])[] = [
  ['tracklayer dev', 'the whole loop on this machine with a sample shop; nothing to set up'],
  ['tracklayer store serve', 'your store and its console; --help lists the variables'],
  ['tracklayer deploy --dry-run', 'what would change in your Segment workspace'],
]

const THEN: readonly (readonly [words: string, what: string])[] = [
  ['tracklayer help', 'all commands; tracklayer help <command> for one, with examples'],
  ['tracklayer help exit-codes', 'how a script learns what came of it'],
  ['tracklayer completion bash', 'completion for bash, zsh and fish'],
  ['docs/', 'README.md first; docs/cli.md has every command, docs/deploy.md goes to production'],
]

export function* wayIn(version: string): Generator<string> {
  yield `${paint.bold('tracklayer')} ${version}: canonical, signed, deduplicated events behind Segment, in a ledger that balances`
  yield '\nBegin here'
  yield* rows(FIRST)
  yield '\nThen'
  yield* rows(THEN)
}

function* rows(list: typeof FIRST): Generator<string> {
  for (const [words, what] of list) yield `  ${paint.cyan(words.padEnd(28))} ${paint.dim(what)}`
}
