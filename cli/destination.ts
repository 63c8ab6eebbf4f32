// `tracklayer destination list|pause|enable|test`: what is on, what waits, the switch, and one event to try it with.
import { Command } from 'commander'
import type { DaySums } from '../store/destination-sums.ts'
import type { DeliveryState } from '../store/ledger.ts'
import type { MatchSummary } from '../store/match-summaries.ts'
import { type CommandHelp, withStoreHelp } from './command-help.ts'
import { destinationTestCommand } from './destination-test.ts'
import { type Column, paint, print, printJson, tableLines } from './output.ts'
import { askStore } from './store-client.ts'
import { inRounds, type WatchFlags, withWatch } from './watch.ts'

interface Flags {
  readonly storeUrl?: string
  readonly json?: boolean
}

interface Listed {
  readonly name: string
  readonly is_paused: boolean
  readonly reason: string | null
  /** Settled in the last day, and what waits now. */
  readonly deliveries: DaySums | null
  readonly match_quality: MatchSummary | null
}

const LIST: CommandHelp = {
  json: '{ destinations: [{ name, is_paused, reason, changed_at, breakers, deliveries, match_quality }], off: [{ name, missing }] }',
  jsonNote: 'with --watch one a line',
  examples: [
    'tracklayer destination list',
    'tracklayer destination list --watch 5',
    "tracklayer destination list --json | jq '.destinations[] | select(.is_paused)'",
  ],
}

function switchHelp(verb: 'pause' | 'enable'): CommandHelp {
  return { json: '{ name, is_paused }', examples: [`tracklayer destination ${verb} meta`] }
}

export function destinationCommand(): Command {
  const command = new Command('destination').description('where events go')
  command.addCommand(
    withStoreHelp(withWatch(new Command('list')), LIST)
      .description(
        'the destinations of the environment, with what the last day settled and what waits',
      )
      .action(list),
  )
  command.addCommand(
    withStoreHelp(new Command('pause'), switchHelp('pause'))
      .argument('<name>', 'as its file in mappings/destinations is called')
      .description('send nothing more; deliveries wait')
      .action((name: string, flags: Flags) => change(name, 'pause', flags)),
  )
  command.addCommand(
    withStoreHelp(new Command('enable'), switchHelp('enable'))
      .argument('<name>', 'as its file in mappings/destinations is called')
      .description('send again, also after a refused credential was mended')
      .action((name: string, flags: Flags) => change(name, 'enable', flags)),
  )
  command.addCommand(destinationTestCommand())
  return command
}

async function list({ storeUrl, ...flags }: Flags & WatchFlags): Promise<void> {
  await inRounds(flags, () => askStore<List>(storeUrl, '/v1/destinations'), tellDestinations)
}

interface List {
  readonly destinations: readonly Listed[]
  /** Files that are there and have not all their variables. */
  readonly off: readonly { readonly name: string; readonly missing: readonly string[] }[]
}

function* tellDestinations({ destinations, off }: List): Generator<string> {
  const missing = off.map((one) =>
    paint.dim(`${one.name} is off: set ${one.missing.join(', ')} for \`store serve\``),
  )
  if (destinations.length === 0) return yield* ['no destination is on', ...missing]
  yield* tableLines(COLUMNS, destinations)
  const width = Math.max(...destinations.map(({ name }) => name.length))
  const notes = destinations.flatMap((one) => [...notesOf(one, width)])
  if (notes.length + missing.length > 0) yield* ['', ...notes, ...missing]
}

const countOf =
  (...states: readonly DeliveryState[]) =>
  ({ deliveries }: Listed) =>
    states.reduce((sum, state) => sum + (deliveries?.[state] ?? 0), 0)
const redWhenAny = (text: string) => (text === '0' ? text : paint.red(text))

const COLUMNS: readonly Column<Listed>[] = [
  { title: 'destination', value: ({ name }) => name, paint: paint.bold },
  {
    title: 'state',
    value: ({ is_paused }) => (is_paused ? 'paused' : 'on'),
    paint: (text, { is_paused }) => (is_paused ? paint.red(text) : paint.green(text)),
  },
  { title: 'delivered', value: countOf('delivered') },
  { title: 'waiting', value: countOf('pending', 'retrying') },
  { title: 'held', value: countOf('held') },
  { title: 'filtered', value: countOf('filtered') },
  { title: 'dead', value: countOf('dead'), paint: redWhenAny },
  { title: 'unknown', value: countOf('unknown'), paint: redWhenAny },
  { title: 'match', value: ({ match_quality: match }) => match?.average.toFixed(1) ?? null },
]

// What a person may have to act on, below the table, so that the columns stay narrow.
function* notesOf({ name, reason, match_quality }: Listed, width: number): Generator<string> {
  const label = name.padEnd(width)
  if (reason) yield `${paint.bold(label)}  ${paint.yellow(reason)}`
  if (match_quality) yield paint.dim(`${label}  ${matchLine(match_quality)}`)
}

// An estimate of coverage, which is what a sender can mend; the platform's own score knows what was matched.
function matchLine({ average, events, missing }: MatchSummary): string {
  const parts = missing.map(({ identifier, share }) => `${identifier} ${Math.round(share * 100)} %`)
  const gaps = parts.length > 0 ? `; missing: ${parts.join(', ')}` : ''
  return `match quality ${average.toFixed(1)} of 10 over ${events} event(s)${gaps}`
}

async function change(
  name: string,
  action: 'pause' | 'enable',
  { storeUrl, json }: Flags,
): Promise<void> {
  const answer = await askStore<{ is_paused: boolean }>(
    storeUrl,
    `/v1/destinations/${encodeURIComponent(name)}/${action}`,
    'POST',
  )
  if (json) return printJson(answer)
  print(`${name} is ${answer.is_paused ? 'paused' : 'on'}`)
}
