// The live view of `tracklayer dev`: what happens, what stays, the numbers, and the keys. Drawn at most four times a second,
// and then only what changed.
import { messageOf } from '../../core/errors.ts'
import { realClock } from '../clock.ts'
import { openInBrowser } from '../open-in-browser.ts'
import { isColoured, type Log, paint } from '../output.ts'
import { createRegion } from '../region.ts'
import { CTRL_C, holdTerminal } from './held-terminal.ts'
import { frameOf, type LiveState } from './live-frame.ts'
import { createNumberReader, NO_NUMBERS } from './live-numbers.ts'
import { signInUrl } from './sign-in.ts'
import type { Stage } from './stage.ts'

const DRAW_MS = 250
const KEPT_EVENTS = 100

export interface LiveView {
  /** One line of what happens: shown while there is room, then gone. */
  event(line: string): void
  /** What stays, above the view. */
  tell(text: string): void
  /** Goes by among the events; an error stays as well. */
  readonly log: Log
  phase(words: string): void
  /** From now on there is a store to ask and a console to open. */
  attach(stage: Stage): void
  /** The table that `t` prints again. */
  keepTable(lines: readonly string[]): void
  /** The last picture stays; the terminal is as it was. */
  close(): void
}

/** Whether somebody sits there who can see it and press a key. */
export function hasLiveTerminal(variables: NodeJS.ProcessEnv): boolean {
  const isTerminal = Boolean(process.stdout.isTTY && process.stdin.isTTY)
  return isTerminal && !variables.CI && isColoured(process.stdout, variables)
}

/** @param onStop called for `q` and Ctrl-C */
export function createLiveView(title: string, onStop: () => void): LiveView {
  const picture = createPicture(title)
  const { change, tell, event } = picture
  let stage: Stage | null = null
  let table: readonly string[] = []
  const ask = createNumberReader(change, (error) => change({ phase: messageOf(error) }))
  const keys: Readonly<Record<string, () => void>> = {
    q: onStop,
    [CTRL_C]: onStop,
    c: () => {
      if (stage) openConsole(stage, tell).catch((error: unknown) => tell(failure(error)))
    },
    e: () => change({ areEventsShown: !picture.state().areEventsShown }),
    t: () => tell(table.join('\n')),
    '?': () => change({ isHelpShown: !picture.state().isHelpShown }),
  }
  const release = holdTerminal({
    onKey: (key) => {
      keys[key]?.()
      picture.draw()
    },
    onResize: picture.begin,
  })
  const ticking = setInterval(() => {
    if (stage) ask(stage)
    picture.draw()
  }, DRAW_MS)
  picture.draw()
  return {
    event,
    tell,
    log: (level, message) => {
      const colour = { info: paint.dim, warn: paint.yellow, error: paint.red }[level]
      event(colour(`  ${level.padEnd(5)} ${message}`))
      if (level === 'error') tell(colour(`  ${message}`))
    },
    phase: (phase) => change({ phase }),
    attach(opened) {
      stage = opened
      change({ addresses: addressesOf(opened) })
    },
    keepTable(lines) {
      table = lines
      change({ hasTable: true })
    },
    close() {
      clearInterval(ticking)
      change({ phase: 'ended', isOver: true })
      picture.draw()
      release()
    },
  }
}

/** The state and the terminal: what is told goes above, the rest is drawn below when something changed. */
function createPicture(title: string) {
  const region = createRegion(process.stdout)
  const startedAt = realClock.now()
  const told: string[] = []
  let state: LiveState = openState(title)
  let drawn: LiveState | null = null
  const change = (part: Partial<LiveState>) => {
    state = { ...state, ...part }
  }
  const draw = () => {
    if (told.length > 0) region.above(told.splice(0))
    const seconds = Math.floor((realClock.now() - startedAt) / 1000)
    if (seconds !== state.seconds) change({ seconds })
    if (state === drawn) return
    drawn = state
    region.draw(frameOf(state, region, paint))
  }
  return {
    state: () => state,
    change,
    draw,
    tell: (text: string) => {
      if (text !== '') told.push(...text.split('\n'))
    },
    event: (line: string) => change({ events: [...state.events.slice(1 - KEPT_EVENTS), line] }),
    /** Anew, on a terminal of another size. */
    begin: () => {
      drawn = null
      region.clear()
      draw()
    },
  }
}

function openState(title: string): LiveState {
  return {
    ...NO_NUMBERS,
    title,
    phase: 'starting',
    seconds: 0,
    events: [],
    addresses: [],
    hasTable: false,
    areEventsShown: true,
    isHelpShown: false,
    isOver: false,
  }
}

function addressesOf({ store, segment }: Stage): LiveState['addresses'] {
  return [
    ['console', store.url],
    ['Tracking API', `${segment.url}/v1   write key: ${segment.writeKey}`],
  ]
}

async function openConsole(stage: Stage, tell: (text: string) => void): Promise<void> {
  const url = await signInUrl(stage)
  const words = openInBrowser(url) ? 'opened' : 'open it in a browser'
  tell(`  console        ${url}`)
  tell(paint.dim(`                 ${words}; it signs you in once, within 15 minutes`))
}

function failure(error: unknown): string {
  return paint.red(`  No console: ${messageOf(error)}`)
}
