// `--watch`: ask again every few seconds. On a terminal what was told is written over, elsewhere each round follows the last;
// with --json each is one line. Ctrl-C ends it.
import { type Command, InvalidArgumentError } from 'commander'
import { sleep } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { realClock } from './clock.ts'
import { paint, print, printError, printJson } from './output.ts'
import { createRegion } from './region.ts'
import { stopSignal } from './stop-signal.ts'

export interface WatchFlags {
  readonly json?: boolean
  /** Seconds between two rounds; true without a number. */
  readonly watch?: number | true
}

const EVERY_SECONDS = 2

export function withWatch(command: Command): Command {
  return command.option(
    '--watch [seconds]',
    `ask again every so many seconds, until Ctrl-C (default: ${EVERY_SECONDS})`,
    secondsOf,
  )
}

function secondsOf(value: string): number {
  const seconds = Number(value)
  if (seconds >= 0.2 && seconds <= 3600) return seconds
  throw new InvalidArgumentError('want seconds, from 0.2 to 3600')
}

/** Asks and tells once, or until Ctrl-C. The answer; null after a watch, whose end says nothing about the last round. */
export async function inRounds<Answer>(
  { watch, json }: WatchFlags,
  ask: () => Promise<Answer>,
  tell: (answer: Answer) => Iterable<string>,
): Promise<Answer | null> {
  const first = await ask()
  if (watch === undefined) {
    if (json) printJson(first)
    else for (const line of tell(first)) print(line)
    return first
  }
  const everyMs = (watch === true ? EVERY_SECONDS : watch) * 1000
  const rounds = json ? { show: printJson, fail: printError } : roundsOf(tell, everyMs)
  const signal = stopSignal()
  rounds.show(first)
  for (;;) {
    await sleep(realClock, everyMs, signal)
    if (signal.aborted) return null
    // Who watches wants to see it come back, too.
    await ask().then(rounds.show, (error: unknown) => rounds.fail(messageOf(error)))
  }
}

interface Rounds<Answer> {
  readonly show: (answer: Answer) => void
  readonly fail: (message: string) => void
}

function roundsOf<Answer>(
  tell: (answer: Answer) => Iterable<string>,
  everyMs: number,
): Rounds<Answer> {
  const write = process.stdout.isTTY ? writingOver() : printLines
  let told: readonly string[] = []
  const head = () => {
    const time = new Date(realClock.now()).toLocaleTimeString('en-GB')
    return paint.dim(`${time}, every ${everyMs / 1000} s; Ctrl-C ends it`)
  }
  return {
    show(answer) {
      told = [...tell(answer)]
      write([head(), ...told])
    },
    fail: (message) => write([head(), paint.red(message), ...told]),
  }
}

function printLines(lines: readonly string[]): void {
  for (const line of [...lines, '']) print(line)
}

function writingOver(): (lines: readonly string[]) => void {
  const region = createRegion(process.stdout)
  let last: readonly string[] = []
  const write = (lines: readonly string[]) => {
    last = lines
    const left = lines.length - region.rows
    const more = paint.dim(`… ${left + 1} more lines than this terminal has`)
    region.draw(left > 0 ? [...lines.slice(0, region.rows - 1), more] : lines)
  }
  process.stdout.on('resize', () => {
    region.clear()
    write(last)
  })
  return write
}
