// `tracklayer audience list|show|members|outcomes|audit|resume`: who decides is Engage; this is what arrived and what follows.
import { Command, InvalidArgumentError } from 'commander'
import type { AudienceMember, AudienceSummary } from '../store/audience-reading.ts'
import { auditCommands } from './audience-audit.ts'
import { type OutcomesAnswer, outcomeLines } from './audience-outcomes.ts'
import { type CommandHelp, withStoreHelp } from './command-help.ts'
import { type Column, paint, print, printJson, tableLines } from './output.ts'
import { askStore } from './store-client.ts'
import { inRounds, type WatchFlags, withWatch } from './watch.ts'

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

const LIST: CommandHelp = {
  json: '{ audiences: [{ id, name, is_listed, is_current, members: { total, known, anonymous, unresolved }, mode, destinations }] }',
  jsonNote: 'with --watch one a line',
  examples: ['tracklayer audience list', 'tracklayer audience list --watch'],
}

const SHOW: CommandHelp = {
  json: '{ id, name, is_listed, computation_id, key, members, mode, retention_days, minimum_size, destinations }',
  examples: ['tracklayer audience show vip', 'tracklayer audience show vip --json | jq .members'],
}

const MEMBERS: CommandHelp = {
  json: '{ audience, members: [{ subject, status, profile_id, canonical_user_id, since, computed_at }], next }',
  examples: [
    'tracklayer audience members vip --limit 20',
    'tracklayer audience members aud_2a7c --json | jq .members[].profile_id',
  ],
}

const OUTCOMES: CommandHelp = {
  json: '{ id, asked, audience: { people, entries }, period: { member, not_member, total }, window }',
  examples: ['tracklayer audience outcomes vip --since 2026-11-01 --window 7d'],
}

export function audienceCommand(): Command {
  const command = new Command('audience').description('audiences and who is in them')
  command.addCommand(
    withStoreHelp(withWatch(new Command('list')), LIST)
      .description('the audiences of the environment, listed and unlisted')
      .action(list),
  )
  command.addCommand(
    withStoreHelp(new Command('show'), SHOW)
      .argument('<id>', 'our id, a key or a computation id')
      .description('one audience: where it comes from, how many are in it, what reacts to it')
      .action(show),
  )
  command.addCommand(
    withStoreHelp(new Command('members'), MEMBERS)
      .argument('<id>', 'our id, a key or a computation id')
      .option('--limit <count>', 'members of one page', countOf, 100)
      .option('--cursor <next>', 'where to go on, from the page before')
      .description('who is in it, a page at a time')
      .action(members),
  )
  for (const each of auditCommands()) command.addCommand(each)
  command.addCommand(
    withStoreHelp(new Command('outcomes'), OUTCOMES)
      .argument('<id>', 'our id, a key or a computation id')
      .option('--since <instant>', 'from then on, e.g. 2026-11-01; else from the beginning')
      .option('--until <instant>', 'before then; else until now')
      .option('--window <duration>', 'also what happened within it after entering, e.g. 72h or 7d')
      .description('which conversions and what revenue came of its members, and of everybody else')
      .action(outcomes),
  )
  return command
}

function countOf(value: string): number {
  const count = Number(value)
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count
  throw new InvalidArgumentError('want a number from 1 to 1000')
}

async function list({ storeUrl, ...flags }: Flags & WatchFlags): Promise<void> {
  await inRounds(
    flags,
    () => askStore<{ audiences: AudienceSummary[] }>(storeUrl, '/v1/audiences'),
    ({ audiences }) => {
      if (audiences.length === 0) return ['no audience yet: Engage has said nothing of one']
      return tableLines(COLUMNS, audiences)
    },
  )
}

const COLUMNS: readonly Column<AudienceSummary>[] = [
  { title: 'audience', value: ({ id }) => id, paint: paint.bold },
  { title: 'members', value: ({ members }) => members.total },
  { title: 'known', value: ({ members }) => members.known },
  { title: 'listed', value: ({ is_listed }) => (is_listed ? 'yes' : 'no') },
  {
    title: 'destinations',
    value: ({ destinations, is_current }) =>
      [destinations.join(', ') || 'none', ...(is_current ? [] : ['made anew since'])].join('; '),
  },
]

async function show(id: string, { storeUrl, json }: Flags): Promise<void> {
  const audience = await askStore<AudienceSummary>(storeUrl, pathOf(id))
  if (json) return printJson(audience)
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
  if (json) return printJson(answer)
  if (answer.members.length === 0) return print('nobody is in it')
  for (const line of tableLines(MEMBER_COLUMNS, answer.members)) print(line)
  if (answer.next) print(paint.dim(`more: --cursor ${answer.next}`))
}

const MEMBER_COLUMNS: readonly Column<AudienceMember>[] = [
  { title: 'person', value: ({ canonical_user_id, subject }) => canonical_user_id ?? subject },
  { title: 'status', value: ({ status }) => status },
  { title: 'since', value: ({ since }) => since },
]

async function outcomes(id: string, flags: OutcomeFlags): Promise<void> {
  const { storeUrl, json, since, until, window } = flags
  const query = new URLSearchParams(Object.entries({ since, until, window }).filter(isGiven))
  const answer = await askStore<OutcomesAnswer>(storeUrl, `${pathOf(id)}/outcomes?${query}`)
  if (json) return printJson(answer)
  for (const line of outcomeLines(answer, paint)) print(line)
}

function isGiven(entry: readonly [string, string | undefined]): entry is [string, string] {
  return entry[1] !== undefined
}

function pathOf(id: string): string {
  return `/v1/audiences/${encodeURIComponent(id)}`
}
