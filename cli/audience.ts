// `tracklayer audience list|show|members|outcomes`: who decides is Engage; this is what arrived and what follows.
import { Command, InvalidArgumentError } from 'commander'
import type { AudienceMember, AudienceSummary } from '../store/audience-reading.ts'
import { type OutcomesAnswer, outcomeLines } from './audience-outcomes.ts'
import { paint, print } from './output.ts'
import { askStore } from './store-client.ts'

interface Flags {
  readonly storeUrl?: string
  readonly json?: boolean
}

interface MemberFlags extends Flags {
  readonly limit: number
  readonly cursor?: string
}

interface OutcomeFlags extends Flags {
  readonly since?: string
  readonly until?: string
  readonly window?: string
}

const HELP = `
Environment:
  TRACKLAYER_STORE_URL   address of the store; else the running \`tracklayer dev\`
  TRACKLAYER_API_KEY     API key of the environment to look in

Examples:
  tracklayer audience list
  tracklayer audience show vip
  tracklayer audience members vip --limit 20
  tracklayer audience members aud_2a7c --json | jq .members[].profile_id
  tracklayer audience outcomes vip --since 2026-11-01 --window 7d`

export function audienceCommand(): Command {
  const command = new Command('audience').description('audiences and who is in them')
  command.addCommand(
    withStore(new Command('list'))
      .description('the audiences of the environment, listed and unlisted')
      .action(list),
  )
  command.addCommand(
    withStore(new Command('show'))
      .argument('<id>', 'our id, a key or a computation id')
      .description('one audience: where it comes from, how many are in it, what reacts to it')
      .action(show),
  )
  command.addCommand(
    withStore(new Command('members'))
      .argument('<id>', 'our id, a key or a computation id')
      .option('--limit <count>', 'members of one page', countOf, 100)
      .option('--cursor <next>', 'where to go on, from the page before')
      .description('who is in it, a page at a time')
      .action(members),
  )
  command.addCommand(
    withStore(new Command('outcomes'))
      .argument('<id>', 'our id, a key or a computation id')
      .option('--since <instant>', 'from then on, e.g. 2026-11-01; else from the beginning')
      .option('--until <instant>', 'before then; else until now')
      .option('--window <duration>', 'also what happened within it after entering, e.g. 72h or 7d')
      .description('which conversions and what revenue came of its members, and of everybody else')
      .action(outcomes),
  )
  return command
}

function withStore(command: Command): Command {
  return command
    .option('--store-url <url>', 'address of the store')
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', HELP)
}

function countOf(value: string): number {
  const count = Number(value)
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count
  throw new InvalidArgumentError('want a number from 1 to 1000')
}

async function list({ storeUrl, json }: Flags): Promise<void> {
  const answer = await askStore<{ audiences: AudienceSummary[] }>(storeUrl, '/v1/audiences')
  if (json) return print(JSON.stringify(answer))
  if (answer.audiences.length === 0) return print('no audience yet')
  for (const audience of answer.audiences) print(lineOf(audience))
}

function lineOf({ id, is_listed, is_current, members, destinations }: AudienceSummary): string {
  const notes = [
    is_listed ? '' : 'unlisted',
    is_current ? '' : 'made anew since',
    destinations.length > 0 ? `to ${destinations.join(', ')}` : '',
  ].filter(Boolean)
  return `${id.padEnd(24)} ${String(members.total).padStart(8)}  ${paint.dim(notes.join('; '))}`
}

async function show(id: string, { storeUrl, json }: Flags): Promise<void> {
  const audience = await askStore<AudienceSummary>(storeUrl, pathOf(id))
  if (json) return print(JSON.stringify(audience))
  const { total, known, anonymous, unresolved } = audience.members
  print(`${paint.bold(audience.id)}  ${audience.name ?? ''}`)
  const rows = {
    members: `${total} (${known} known, ${anonymous} anonymous, ${unresolved} unresolved)`,
    computation: `${audience.computation_id ?? 'none'}, key ${audience.key ?? 'none'}`,
    listed: audience.is_listed ? 'yes' : 'no: mappings/audiences.yaml does not name it',
    mode: audience.mode,
    retention: audience.retention_days === null ? 'none' : `${audience.retention_days} days`,
    'minimum size': String(audience.minimum_size),
    destinations: audience.destinations.join(', ') || 'none',
  }
  for (const [label, text] of Object.entries(rows)) print(`  ${label.padEnd(13)} ${text}`)
}

async function members(id: string, { storeUrl, json, limit, cursor }: MemberFlags): Promise<void> {
  const query = new URLSearchParams({ limit: String(limit), ...(cursor ? { cursor } : {}) })
  const answer = await askStore<{ members: AudienceMember[]; next: string | null }>(
    storeUrl,
    `${pathOf(id)}/members?${query}`,
  )
  if (json) return print(JSON.stringify(answer))
  for (const { subject, status, canonical_user_id, since } of answer.members)
    print(`${(canonical_user_id ?? subject).padEnd(32)} ${status.padEnd(10)} since ${since}`)
  if (answer.next) print(paint.dim(`more: --cursor ${answer.next}`))
}

async function outcomes(id: string, flags: OutcomeFlags): Promise<void> {
  const { storeUrl, json, since, until, window } = flags
  const query = new URLSearchParams(Object.entries({ since, until, window }).filter(isGiven))
  const answer = await askStore<OutcomesAnswer>(storeUrl, `${pathOf(id)}/outcomes?${query}`)
  if (json) return print(JSON.stringify(answer))
  for (const line of outcomeLines(answer, paint)) print(line)
}

function isGiven(entry: readonly [string, string | undefined]): entry is [string, string] {
  return entry[1] !== undefined
}

function pathOf(id: string): string {
  return `/v1/audiences/${encodeURIComponent(id)}`
}
