// `tracklayer dead-letter list`: what was given up, and why.
import { Command } from 'commander'
import type { DeadLetter, DeadLetterGroup } from '../store/dead-letters.ts'
import { type CommandHelp, withStoreHelp } from './command-help.ts'
import { type Column, paint, tableLines } from './output.ts'
import { askStore } from './store-client.ts'
import { inRounds, type WatchFlags, withWatch } from './watch.ts'

interface Flags extends WatchFlags {
  readonly destination?: string
  readonly event?: string
  readonly reason?: string
  readonly since?: string
  readonly until?: string
  readonly group?: boolean
  readonly limit: string
  readonly cursor?: string
  readonly storeUrl?: string
}

const HELP: CommandHelp = {
  json: '{ dead_letters?: [{ delivery_id, destination, reason, event, event_id, message_id, given_up_at, attempts, status }], next_cursor?, groups? }',
  jsonNote: 'groups with --group, the others without; with --watch one a line',
  examples: [
    'tracklayer dead-letter list --group',
    'tracklayer dead-letter list --destination meta --reason "Invalid OAuth"',
    'tracklayer dead-letter list --since 2026-04-23T00:00:00Z --json | jq .next_cursor',
    'tracklayer dead-letter list --group --watch',
  ],
}

export function deadLetterCommand(): Command {
  const list = withStoreHelp(withWatch(new Command('list')), HELP)
    .description('deliveries given up, newest first')
    .option('--destination <name>', 'of one destination')
    .option('--event <name>', 'of one event, by its canonical name')
    .option('--reason <text>', 'whose reason begins so')
    .option('--since <instant>', 'given up then or later')
    .option('--until <instant>', 'given up before')
    .option('--group', 'counted by destination and reason')
    .option('--limit <count>', 'at most so many, up to 500', '50')
    .option('--cursor <cursor>', 'the next_cursor of the page before')
    .action(show)
  return new Command('dead-letter').description('deliveries given up').addCommand(list)
}

async function show(flags: Flags): Promise<void> {
  const { destination, event, reason, since, until, limit, cursor } = flags
  const given = { destination, event, reason, since, until, limit, cursor }
  const query = new URLSearchParams(flags.group ? { group: 'reason' } : {})
  for (const [name, value] of Object.entries(given)) if (value) query.set(name, value)
  await inRounds(
    flags,
    () => askStore<Answer>(flags.storeUrl, `/v1/dead-letters?${query}`),
    tellAnswer,
  )
}

function* tellAnswer({ groups = [], dead_letters = [], next_cursor }: Answer): Generator<string> {
  for (const group of groups) yield* tellGroup(group)
  if (dead_letters.length > 0) yield* tableLines(COLUMNS, dead_letters)
  if (groups.length + dead_letters.length === 0) yield 'No dead letters'
  if (next_cursor) yield paint.dim(`more: --cursor ${next_cursor}`)
}

interface Answer {
  readonly groups?: readonly DeadLetterGroup[]
  readonly dead_letters?: readonly DeadLetter[]
  readonly next_cursor?: string | null
}

function* tellGroup(group: DeadLetterGroup): Generator<string> {
  const { destination, reason, count, first_at, last_at, events, examples } = group
  yield `${String(count).padStart(6)}  ${paint.bold(destination)}  ${paint.red(reason ?? 'no reason')}`
  const names = Object.entries(events).map(([name, sum]) => `${name} ${sum}`)
  yield `        ${names.join(', ')}; ${first_at} to ${last_at}`
  yield paint.dim(`        e.g. ${examples.join(', ')}`)
}

// The reason last: it is as long as what the platform had to say.
const COLUMNS: readonly Column<DeadLetter>[] = [
  { title: 'given up', value: ({ given_up_at }) => given_up_at },
  { title: 'destination', value: ({ destination }) => destination },
  { title: 'event', value: ({ event }) => event },
  { title: 'message', value: ({ message_id }) => message_id, paint: paint.bold },
  { title: 'attempts', value: ({ attempts }) => attempts },
  { title: 'reason', value: ({ reason }) => reason ?? 'no reason', paint: paint.red },
]
