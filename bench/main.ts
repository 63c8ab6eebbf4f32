// `npm run bench`: every number this product promises, beside what it is compared with, in one run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { Command, InvalidArgumentError, Option } from 'commander'
import { ROOT } from './built.ts'
import { benchBundle } from './bundle.ts'
import { benchCanonicalise } from './canonicalise.ts'
import { benchDeliveries } from './deliveries.ts'
import { benchIngest } from './ingest.ts'
import { describeMachine } from './machine.ts'
import { benchPages } from './pages.ts'
import { benchPayloads } from './payloads.ts'
import { benchPeers } from './peers.ts'
import type { Part, PartResult } from './result.ts'
import { tableOf } from './table.ts'
import { benchTrackingPlan } from './tracking-plan.ts'

const PARTS: Readonly<Record<string, Part>> = {
  bundle: benchBundle,
  plan: benchTrackingPlan,
  canonicalise: benchCanonicalise,
  peers: benchPeers,
  payloads: benchPayloads,
  ingest: benchIngest,
  deliveries: benchDeliveries,
  pages: benchPages,
}

const SELF = process.argv[1] ?? ''

interface Flags {
  readonly only?: string
  readonly json?: boolean
  readonly seconds: number
}

const EXAMPLES = `
Examples:
  npm run bench                                   everything, in about eight minutes
  npm run bench -- --only canonicalise            one part
  npm run bench -- --only pages                   how long pages take, in about six minutes
  npm run bench -- --only ingest --seconds 30     a longer look at the store
  npm run --silent bench -- --json > bench.json   the numbers for a program

The results are also in bench/results/latest.json. A missed mark does not fail the run: on a shared machine it is a
reason to look, not a verdict.`

const command = new Command('bench')
  .description('Times TrackLayer beside what it is compared with: medians of interleaved rounds')
  .addOption(new Option('--only <part>', 'run one part').choices(Object.keys(PARTS)))
  .option(
    '--seconds <seconds>',
    'measured time of the parts ingest and deliveries',
    positiveNumber,
    12,
  )
  .option('--json', 'print JSON instead of the table')
  .addHelpText('after', EXAMPLES)
  .action(run)

async function run({ only, json, seconds }: Flags): Promise<void> {
  const before = describeMachine()
  const started = new Date()
  const part = only === undefined ? undefined : PARTS[only]
  const parts = part ? [await part({ seconds, progress: say })] : await runEach(seconds)
  say('')
  const machine = { ...before, loadAfter: describeMachine().load }
  const tookSeconds = Math.round((Date.now() - started.getTime()) / 1000)
  const report = { started: started.toISOString(), tookSeconds, machine, parts }
  write(report)
  if (json) {
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    return
  }
  process.stdout.write(`${tableOf(parts)}\n\n`)
  process.stdout.write(
    `Node ${machine.node}, ${machine.cores} x ${machine.processor}; load ${machine.load} before, ${machine.loadAfter} after; ${tookSeconds} s\n`,
  )
}

// Each in a process of its own, as it runs at its users': what a part before it taught the compiler costs core a third.
async function runEach(seconds: number): Promise<PartResult[]> {
  const results: PartResult[] = []
  for (const name of Object.keys(PARTS)) {
    const flags = ['--only', name, '--seconds', String(seconds), '--json']
    const child = spawn(process.execPath, [...process.execArgv, SELF, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
    if (code !== 0) throw new Error(`the part "${name}" failed`)
    const { parts }: { parts: PartResult[] } = JSON.parse(output)
    results.push(...parts)
  }
  return results
}

function write(report: object): void {
  const folder = path.join(ROOT, 'bench', 'results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'latest.json'), `${JSON.stringify(report, null, 2)}\n`)
}

// One line that is written over on a terminal, and one line each in a log.
function say(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`)
  else if (line !== '') process.stderr.write(`${line}\n`)
}

function positiveNumber(value: string): number {
  const number = Number(value)
  if (Number.isFinite(number) && number > 0) return number
  throw new InvalidArgumentError('want a number of seconds above 0')
}

command.parseAsync().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 1
})
