// How far something has come, on stderr: a line that is written over on a terminal, elsewhere a line every tenth of the way.
import type { Clock } from '../core/clock.ts'
import { realClock } from './clock.ts'
import { cut } from './display-width.ts'
import { paintError } from './output.ts'

export interface ProgressOptions {
  /** Nothing is shown: with --json, whoever reads stderr is a program too. */
  readonly isSilent?: boolean | undefined
  readonly clock?: Pick<Clock, 'now'>
  readonly stream?: Stream
}

type Stream = Pick<NodeJS.WriteStream, 'write'> & {
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface Progress {
  /** @param total null while nobody knows it */
  show(done: number, total: number | null, words: string): void
  /** Lets something be printed where the bar stands; the bar comes back below it. */
  above(write: () => void): void
  /** Clears the bar. */
  end(): void
}

const BAR = 30
/** What is done sooner needs no lines in a log. */
const QUIET_MS = 1_000

export function createProgress({
  isSilent = false,
  clock = realClock,
  stream = process.stderr,
}: ProgressOptions): Progress {
  if (isSilent) return { show: () => {}, above: (write) => write(), end: () => {} }
  const pace = createPace(clock)
  return stream.isTTY ? barOn(stream, pace) : linesOn(stream, pace)
}

function barOn(stream: Stream, pace: Pace): Progress {
  let shown = ''
  const clear = () => {
    if (shown) stream.write('\r\x1b[K')
  }
  const show = (line: string) => {
    shown = cut(line, (stream.columns || 80) - 1)
    stream.write(`\r${shown}\x1b[K`)
  }
  return {
    show: (done, total, words) => show(`  ${barOf(done, total)}${pace.words(done, total, words)}`),
    above(write) {
      clear()
      write()
      if (shown) show(shown)
    },
    end() {
      clear()
      shown = ''
    },
  }
}

function barOf(done: number, total: number | null): string {
  if (total === null) return ''
  const filled = total === 0 ? BAR : Math.round((BAR * Math.min(done, total)) / total)
  return `${paintError.green('█'.repeat(filled))}${paintError.dim('░'.repeat(BAR - filled))} `
}

function linesOn(stream: Stream, pace: Pace): Progress {
  let step = ''
  return {
    show(done, total, words) {
      const line = pace.words(done, total, words)
      // Without a total, each doubling: 1000, 2000, 4000 …
      const tenth = total ? Math.floor((10 * done) / total) : Math.floor(Math.log2(done + 1))
      const next = `${words} ${tenth}`
      if (next === step || pace.elapsedMs() < QUIET_MS) return
      step = next
      stream.write(`  ${line}\n`)
    },
    above: (write) => write(),
    end: () => {},
  }
}

interface Pace {
  elapsedMs(): number
  /** `1200/5000 settled, 400/s, 10 s left` */
  words(done: number, total: number | null, words: string): string
}

function createPace(clock: Pick<Clock, 'now'>): Pace {
  const beganAt = clock.now()
  // What was done before we began, e.g. by the run that is resumed, says nothing about the pace; nor does another task's.
  let first: { readonly words: string; readonly done: number; readonly at: number } | null = null
  return {
    elapsedMs: () => clock.now() - beganAt,
    words(done, total, words) {
      if (first?.words !== words) first = { words, done, at: clock.now() }
      const seconds = (clock.now() - first.at) / 1000
      const rate = seconds >= 1 ? (done - first.done) / seconds : 0
      const parts = [total === null ? `${done} ${words}` : `${done}/${total} ${words}`]
      if (rate > 0) parts.push(rate < 10 ? `${rate.toFixed(1)}/s` : `${Math.round(rate)}/s`)
      if (rate > 0 && total !== null && total > done)
        parts.push(`${duration((total - done) / rate)} left`)
      return parts.join(', ')
    },
  }
}

/** `45 s`, `12 min`, `3.5 h` */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`
}
