// `tracklayer reconcile`: for every destination, the sum of its states held against what was accepted.
import { Command } from 'commander'
import { DELIVERY_STATES, type DestinationSums, type Reconciliation } from '../store/ledger.ts'
import { type CommandHelp, withStoreHelp } from './command-help.ts'
import { EXIT } from './exit-codes.ts'
import { type Column, paint, tableLines } from './output.ts'
import { askStore } from './store-client.ts'
import { inRounds, type WatchFlags, withWatch } from './watch.ts'

interface Flags extends WatchFlags {
  readonly storeUrl?: string
}

const HELP: CommandHelp = {
  json: '{ environment, messages: { stored, received, accepted, accepted_events, duplicates, unmapped, rejected }, events, transitions, owed, destinations, balanced }',
  jsonNote: 'with --watch one a line',
  exits: { [EXIT.found]: 'something does not balance' },
  examples: [
    'tracklayer reconcile',
    'tracklayer reconcile --watch',
    'tracklayer reconcile --json | jq .destinations.meta.reasons',
  ],
}

export function reconcileCommand(): Command {
  return withStoreHelp(withWatch(new Command('reconcile')), HELP)
    .description('prove that every event is in exactly one state at every destination')
    .action(run)
}

async function run({ storeUrl, ...flags }: Flags): Promise<void> {
  const ledger = await inRounds(
    flags,
    () => askStore<Reconciliation>(storeUrl, '/v1/reconcile'),
    flags.watch === undefined ? tellLedger : tellRound,
  )
  if (ledger?.balanced === false) process.exitCode = EXIT.found
}

export function* tellLedger(ledger: Reconciliation): Generator<string> {
  const { environment, messages, events, destinations } = ledger
  yield paint.bold(environment)
  yield row('received', messages.received, 'from Segment, repeats included')
  yield row('  accepted', messages.accepted)
  yield row('  duplicates', messages.duplicates)
  yield row('  unmapped', messages.unmapped)
  yield row('  rejected', messages.rejected)
  yield row('events', events, 'each owed to the destinations that were on when it came')
  for (const [name, sums] of Object.entries(destinations)) yield* tellDestination(name, sums)
  yield ''
  yield* verdictOf(ledger)
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

/** A ledger at a glance: a line a destination, so that a watch fits on a screen. */
function* tellRound(ledger: Reconciliation): Generator<string> {
  const { received, accepted, duplicates, unmapped, rejected } = ledger.messages
  const parts = Object.entries({ received, accepted, duplicates, unmapped, rejected })
  yield parts.map(([name, count]) => `${name} ${paint.bold(String(count))}`).join('  ')
  yield ''
  yield* tableLines(COLUMNS, Object.entries(ledger.destinations))
  yield ''
  yield* verdictOf(ledger)
}

type Row = readonly [name: string, sums: DestinationSums]

const COLUMNS: readonly Column<Row>[] = [
  { title: 'destination', value: ([name]) => name, paint: paint.bold },
  ...[...DELIVERY_STATES, 'total' as const].map(
    (state): Column<Row> => ({ title: state, value: ([, sums]) => sums[state] }),
  ),
]

function* verdictOf(ledger: Reconciliation): Generator<string> {
  if (ledger.balanced)
    yield paint.green('Balanced: every event is in exactly one state everywhere.')
  else for (const fault of faultsOf(ledger)) yield paint.red(fault)
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
