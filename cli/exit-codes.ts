// How a command ends: one table, for the code, for `tracklayer help exit-codes` and for docs/cli.md. No number means two things.
import { CommanderError } from 'commander'
import { TrackLayerError } from '../core/errors.ts'

export const EXIT = {
  done: 0,
  found: 1,
  usage: 2,
  clicksLeft: 3,
  differs: 4,
  stopped: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_CODES: readonly { readonly code: ExitCode; readonly meaning: string }[] = [
  { code: EXIT.done, meaning: 'done; a --watch that Ctrl-C ended' },
  {
    code: EXIT.found,
    meaning: 'it found something wrong (reconcile: no balance; audience audit: drift), or failed',
  },
  {
    code: EXIT.usage,
    meaning: 'it could not begin: an unknown word, a missing setting, a file that cannot be read',
  },
  { code: EXIT.clicksLeft, meaning: 'deploy: done, and clicks are left to a person' },
  { code: EXIT.differs, meaning: 'deploy --dry-run: the workspace differs from what is wanted' },
  {
    code: EXIT.stopped,
    meaning: 'stopped half-way by Ctrl-C or SIGTERM; stderr says how to go on',
  },
]

/** The exit code of what a command threw. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.done : EXIT.usage
  const isOurs = thrown instanceof TrackLayerError
  return isOurs && UNUSABLE.has(thrown.code) ? EXIT.usage : EXIT.found
}

// What was given cannot be worked with; everything else happened on the way.
const UNUSABLE: ReadonlySet<TrackLayerError['code']> = new Set([
  'SETTINGS_INVALID',
  'MESSAGE_INVALID',
] as const)
