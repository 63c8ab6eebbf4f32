// `tracklayer dev` as somebody at a terminal sees it: a real pseudo-terminal, keys that are typed, the bytes that arrive.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { until } from '../support/until.ts'

const ESCAPE = '\u001b'
const UP = new RegExp(`${ESCAPE}\\[\\d+A`, 'g')
const CURSOR = new RegExp(`${ESCAPE}\\[(\\d*[AJK]|\\?25l)`)
const TIME = /seed \d+, (\d+):(\d\d)/g
const CLI = path.join(__dirname, '..', '..', 'dist', 'cli.js')
// util-linux; the `script` of macOS takes its arguments otherwise.
const hasScript = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0

let folder: string
let child: ChildProcess | undefined
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tracklayer-live-'))
})
afterEach(() => {
  child?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** Runs it in a terminal of 110 by 34; a browser that writes down what it is asked to open stands in the path. */
function inTerminal(command: string, variables: Record<string, string> = {}) {
  const browser = path.join(folder, 'xdg-open')
  writeFileSync(browser, `#!/bin/sh\necho "$1" >> ${folder}/opened\n`)
  chmodSync(browser, 0o755)
  const running = spawn('script', ['-qec', `stty cols 110 rows 34; exec ${command}`, '/dev/null'], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env.PATH}`, TERM: 'xterm', DISPLAY: ':0', ...variables },
  })
  child = running
  let bytes = ''
  running.stdout.on('data', (chunk) => {
    bytes += chunk
  })
  const gone = new Promise<number | null>((resolve) => running.once('exit', resolve))
  return {
    gone,
    bytes: () => bytes,
    seen: (pattern: RegExp) => pattern.test(stripVTControlCharacters(bytes)),
    /** The latest, as the title has it: `1:15`. */
    secondsShown: () => {
      const [, minutes, seconds] = [...bytes.matchAll(TIME)].at(-1) ?? []
      return Number(minutes) * 60 + Number(seconds)
    },
    press: (key: string) => running.stdin.write(key),
    opened: () =>
      existsSync(`${folder}/opened`)
        ? readFileSync(`${folder}/opened`, 'utf8').trim().split('\n')
        : [],
  }
}

const dev = (...flags: string[]) =>
  [process.execPath, CLI, 'dev', '--shoppers', '40', '--data-dir', 'data', ...flags].join(' ')

const onTerminal = hasScript ? test : test.skip // no `script` here to make a terminal with

onTerminal(
  'a live view: numbers while they move, the console by one key, and an orderly end',
  async () => {
    const terminal = inTerminal(dev())
    await until(() => terminal.seen(/shoppers come in/), 60_000)
    await until(() => terminal.seen(/accepted +[1-9]\d* +\d+\/s [▁-█]+ +\d+ duplicates/), 30_000)
    await until(() => terminal.seen(/webhook +[1-9]\d* +\d+ .*█/), 30_000)
    expect(terminal.bytes()).toContain(`${ESCAPE}[?25l`)

    terminal.press('?')
    await until(() => terminal.seen(/counted: what the platform itself counts/), 5_000)
    terminal.press('c')
    await until(() => terminal.opened().length === 1, 10_000)
    terminal.press('c')
    await until(() => terminal.opened().length === 2, 10_000)
    const [first, second] = terminal.opened() as [string, string]
    expect(first).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/sign-in\/[0-9a-f]{64}$/)
    expect(second).not.toBe(first)
    expect(terminal.bytes()).toContain(first)
    expect((await fetch(second)).status).toBe(200)

    await until(() => terminal.seen(/The ledger balances/), 120_000)
    await until(() => terminal.seen(/at rest/), 10_000)
    // A draw moves up once, and what is told above it once more: four rounds in each second that it shows, at most.
    const moves = terminal.bytes().match(UP)?.length ?? 0
    expect(moves).toBeLessThan((terminal.secondsShown() + 1) * 8)
    terminal.press('q')
    expect(await terminal.gone).toBe(0)
    expect(terminal.bytes().trimEnd().endsWith(`${ESCAPE}[?25h`)).toBe(true)
    expect(existsSync(path.join(folder, '.tracklayer', 'dev.json'))).toBe(false)
  },
  240_000,
)

onTerminal(
  '--plain: a terminal gets the lines that a pipe gets',
  async () => {
    const terminal = inTerminal(dev('--plain'))
    await until(() => terminal.seen(/\+ order +ORD-/), 90_000)
    expect(terminal.bytes()).not.toMatch(CURSOR)
    terminal.press('\x03')
    await terminal.gone
  },
  120_000,
)
