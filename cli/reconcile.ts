// `tracklayer reconcile`: for every destination, the sum of its states held against what was accepted.
import { Command } from 'commander'
import { sleep } from '../core/clock.ts'
import { DELIVERY_STATES, type DestinationSums, type Reconciliation } from '../store/ledger.ts'
import { realClock } from './clock.ts'
import { paint, print } from './output.ts'
import { stopSignal } from './stop-signal.ts'
import { askStore } from './store-client.ts'

interface Flags {
  readonly storeUrl?: string
  readonly json?: boolean
  readonly watch?: boolean
}

const HELP = `
Exit code 1 when something does not balance.

Environment:
  TRACKLAYER_STORE_URL   address of the store; else the running \`tracklayer dev\`
  TRACKLAYER_API_KEY     API key of the environment to look in

Examples:
  tracklayer reconcile
  tracklayer reconcile --watch
  tracklayer reconcile --json | jq .destinations.meta.reasons`

const WATCH_MS = 1_000

export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description('prove that every event is in exactly one state at every destination')
    .option('--store-url <url>', 'address of the store')
    .option('--json', 'print the answer of GET /v1/reconcile; with --watch one a line')
    .option('--watch', 'every second, until Ctrl-C')
    .addHelpText('after', HELP)
    .action(run)
}

async function run({ storeUrl, json, watch }: Flags): Promise<void> {
  const signal = watch ? stopSignal() : null
  for (;;) {
    const ledger = await askStore<Reconciliation>(storeUrl, '/v1/reconcile')
    if (json) print(JSON.stringify(ledger))
    else {
      if (watch && process.stdout.isTTY) process.stdout.write('\x1b[H\x1b[2J')
      for (const line of tellLedger(ledger)) print(line)
    }
    process.exitCode = ledger.balanced ? 0 : 1
    if (!signal) return
    await sleep(realClock, WATCH_MS, signal)
    if (signal.aborted) return
  }
}

export function* tellLedger(ledger: Reconciliation): Generator<string> {
  const { environment, messages, events, destinations, balanced } = ledger
  yield paint.bold(environment)
  yield row('received', messages.received, 'from Segment, repeats included')
  yield row('  accepted', messages.accepted)
  yield row('  duplicates', messages.duplicates)
  yield row('  unmapped', messages.unmapped)
  yield row('  rejected', messages.rejected)
  yield row('events', events, 'each owed to the destinations that were on when it came')
  for (const [name, sums] of Object.entries(destinations)) yield* tellDestination(name, sums)
  yield ''
  if (balanced) yield paint.green('Balanced: every event is in exactly one state everywhere.')
  else for (const fault of faultsOf(ledger)) yield paint.red(fault)
}

function* tellDestination(name: string, sums: DestinationSums): Generator<string> {
  yield ''
  yield paint.bold(name)
  for (const state of DELIVERY_STATES.filter((each) => sums[each] > 0)) {
    yield row(`  ${state}`, sums[state])
    const reasons = Object.entries(sums.reasons[state] ?? {}).sort(([, a], [, b]) => b - a)
    for (const [reason, count] of reasons) yield row('', null, `${count}  ${reason}`)
  }
  yield row('  = accepted', sums.total)
}

/** In words, what does not balance. */
export function faultsOf({ messages, events, destinations, owed }: Reconciliation): string[] {
  const parts = messages.accepted + messages.duplicates + messages.unmapped + messages.rejected
  const rows = Object.values(destinations).reduce((sum, { total }) => sum + total, 0)
  const faults = [
    ...(parts === messages.received
      ? []
      : [`Messages: ${messages.received} received, ${parts} accounted for.`]),
    ...(messages.accepted_events === events
      ? []
      : [
          `Events: ${messages.accepted_events} messages accepted as events, ${events} events stored.`,
        ]),
    ...(rows === owed ? [] : [`Ledger: ${owed} deliveries owed, ${rows} rows.`]),
  ]
  return faults.length > 0 ? faults : ['The ledger does not balance.']
}

function row(label: string, count: number | null, note = ''): string {
  const words = note ? paint.dim(note) : ''
  return `${label.padEnd(14)}${String(count ?? '').padStart(9)}  ${words}`.trimEnd()
}
