// `tracklayer dead-letter list`: what was given up, and why.
import { Command } from 'commander'
import type { DeadLetter, DeadLetterGroup } from '../store/dead-letters.ts'
import { paint, print } from './output.ts'
import { askStore } from './store-client.ts'

interface Flags {
  readonly destination?: string
  readonly event?: string
  readonly reason?: string
  readonly since?: string
  readonly until?: string
  readonly group?: boolean
  readonly limit: string
  readonly cursor?: string
  readonly storeUrl?: string
  readonly json?: boolean
}

const HELP = `
Environment:
  TRACKLAYER_STORE_URL   address of the store; else the running \`tracklayer dev\`
  TRACKLAYER_API_KEY     API key of the environment to look in

Examples:
  tracklayer dead-letter list --group
  tracklayer dead-letter list --destination meta --reason "Invalid OAuth"
  tracklayer dead-letter list --since 2026-04-23T00:00:00Z --json | jq .next_cursor`

export function deadLetterCommand(): Command {
  const list = new Command('list')
    .description('deliveries given up, newest first')
    .option('--destination <name>', 'of one destination')
    .option('--event <name>', 'of one event, by its canonical name')
    .option('--reason <text>', 'whose reason begins so')
    .option('--since <instant>', 'given up then or later')
    .option('--until <instant>', 'given up before')
    .option('--group', 'counted by destination and reason')
    .option('--limit <count>', 'at most so many, up to 500', '50')
    .option('--cursor <cursor>', 'the next_cursor of the page before')
    .option('--store-url <url>', 'address of the store')
    .option('--json', 'print the answer of GET /v1/dead-letters')
    .addHelpText('after', HELP)
    .action(show)
  return new Command('dead-letter').description('deliveries given up').addCommand(list)
}

async function show(flags: Flags): Promise<void> {
  const { destination, event, reason, since, until, limit, cursor } = flags
  const given = { destination, event, reason, since, until, limit, cursor }
  const query = new URLSearchParams(flags.group ? { group: 'reason' } : {})
  for (const [name, value] of Object.entries(given)) if (value) query.set(name, value)
  const answer = await askStore<Answer>(flags.storeUrl, `/v1/dead-letters?${query}`)
  if (flags.json) return print(JSON.stringify(answer))
  if (answer.groups) for (const group of answer.groups) tellGroup(group)
  for (const letter of answer.dead_letters ?? []) tellLetter(letter)
  if ((answer.groups ?? answer.dead_letters ?? []).length === 0) print('No dead letters')
  if (answer.next_cursor) print(paint.dim(`more: --cursor ${answer.next_cursor}`))
}

interface Answer {
  readonly groups?: readonly DeadLetterGroup[]
  readonly dead_letters?: readonly DeadLetter[]
  readonly next_cursor?: string | null
}

function tellGroup(group: DeadLetterGroup): void {
  const { destination, reason, count, first_at, last_at, events, examples } = group
  print(
    `${String(count).padStart(6)}  ${paint.bold(destination)}  ${paint.red(reason ?? 'no reason')}`,
  )
  const names = Object.entries(events).map(([name, sum]) => `${name} ${sum}`)
  print(`        ${names.join(', ')}; ${first_at} to ${last_at}`)
  print(paint.dim(`        e.g. ${examples.join(', ')}`))
}

function tellLetter(letter: DeadLetter): void {
  const { given_up_at, destination, event, message_id, reason, attempts } = letter
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`
  print(
    `${given_up_at}  ${destination.padEnd(12)} ${event.padEnd(14)} ${paint.bold(message_id)}  ${paint.red(reason ?? 'no reason')}  ${paint.dim(tries)}`,
  )
}
