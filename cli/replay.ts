// `tracklayer replay`: send again on purpose, after a look at what would be sent. The store enqueues page by page as this
// command asks for it: stopped in between, nothing is lost, and --resume goes on.
import { randomUUID } from 'node:crypto'
import { Command, InvalidArgumentError, Option } from 'commander'
import { sleep } from '../core/clock.ts'
import { TrackLayerError } from '../core/errors.ts'
import type { DryRunItem, DryRunPage } from '../store/replay-preview.ts'
import type { ReplayStory } from '../store/replays.ts'
import { confirmed } from './ask-person.ts'
import { realClock } from './clock.ts'
import { type CommandHelp, withStoreHelp } from './command-help.ts'
import { EXIT } from './exit-codes.ts'
import { print, printError, printJson } from './output.ts'
import { createProgress, type Progress } from './progress.ts'
import { sumsOf, tellItem, tellReplay, tellSums } from './replay-report.ts'
import { stopSignal } from './stop-signal.ts'
import { askStore } from './store-client.ts'

interface Flags {
  readonly message?: string
  readonly eventId?: string
  readonly destination?: string
  readonly state?: string[]
  readonly reason?: string
  readonly event?: string
  readonly since?: string
  readonly until?: string
  readonly includeDelivered?: boolean
  readonly confirmUnknown?: boolean
  readonly note?: string
  readonly dryRun?: boolean
  readonly show: string
  readonly yes?: boolean
  readonly wait: boolean
  readonly resume?: string
  readonly storeUrl?: string
  readonly json?: boolean
}

const HELP: CommandHelp = {
  json: '{ id, state, selection, requested_by, note, created_at, finished_at, considered, enqueued, refused, outcomes, deliveries }',
  jsonNote: 'with --dry-run { considered, replayed, would, refused, items }',
  notes: `
What was certainly refused, or never sent, goes again. What arrived goes again only with --include-delivered, and only where
the platform recognises the repeat (recognises_repeats in the destination's file) and still remembers it. What may have
arrived goes where the platform recognises it, else only with --confirm-unknown: you looked, and it is not there.`,
  exits: { [EXIT.stopped]: 'stopped before all was enqueued; nothing is lost, --resume goes on' },
  examples: [
    'tracklayer replay --message ajs-next-1767-2f0c --dry-run',
    'tracklayer replay --destination meta --reason "Invalid OAuth" --since 2026-04-23T00:00:00Z',
    'tracklayer replay --destination meta --state filtered --reason too_old --yes --json',
    'tracklayer replay --resume 12',
  ],
}

const STATES = ['dead', 'unknown', 'filtered', 'delivered'] as const

function oneMoreState(value: string, before: readonly string[] = []): string[] {
  if (STATES.some((state) => state === value)) return [...before, value]
  throw new InvalidArgumentError(`want one of ${STATES.join(', ')}`)
}

export function replayCommand(): Command {
  return withStoreHelp(new Command('replay'), HELP)
    .description('send deliveries again, once more and never twice')
    .option('--message <id>', "the deliveries of one message, by Segment's messageId")
    .option('--event-id <id>', 'the deliveries of one event')
    .option('--destination <name>', 'those of one destination')
    .addOption(
      new Option('--state <state>', 'those in this state; repeatable')
        .choices(STATES)
        .argParser(oneMoreState),
    )
    .option('--reason <text>', 'whose reason begins so')
    .option('--event <name>', 'canonical name, e.g. purchase')
    .option('--since <instant>', 'whose event arrived then or later')
    .option('--until <instant>', 'whose event arrived before')
    .option('--include-delivered', 'what was delivered too, where the platform recognises a repeat')
    .option('--confirm-unknown', 'what may have arrived did not: you looked')
    .option('--note <text>', 'kept with the replay')
    .option('--dry-run', 'show what would be sent and the difference; change nothing')
    .option('--show <count>', 'deliveries a dry run shows in full', '20')
    .option('--yes', 'do not ask')
    .option('--no-wait', 'end once everything is enqueued')
    .option('--resume <replay>', 'go on with a replay that was interrupted')
    .action(replay)
}

async function replay(flags: Flags): Promise<void> {
  const { resume, message, eventId, destination, since } = flags
  if ([resume, message, eventId, destination, since].every((given) => given === undefined)) {
    const words =
      'Say what to send again: --message, --event-id, --destination or --since (or --resume)'
    throw new TrackLayerError('SETTINGS_INVALID', words)
  }
  const signal = stopSignal()
  if (flags.resume !== undefined) return drive(flags, flags.resume, signal, null)
  const body = bodyOf(flags)
  const items = flags.dryRun || !flags.yes ? await look(flags, body, signal) : []
  if (signal.aborted) {
    printError('Stopped; nothing was sent. The same command begins again')
    process.exitCode = EXIT.stopped
    return
  }
  if (flags.dryRun) {
    tellDryRun(flags, items)
    return
  }
  if (!flags.yes) {
    const sums = sumsOf(items)
    for (const line of tellSums(sums)) printError(line)
    if (sums.replayed === 0) return
    if (!(await confirmed(`Send ${sums.replayed} again?`))) return
  }
  // One key for the whole command: a request that is repeated after a lost answer finds its replay.
  const headers = { 'Idempotency-Key': randomUUID() }
  const story = await askStore<ReplayStory>(flags.storeUrl, '/v1/replays', 'POST', {
    body,
    headers,
  })
  // Whoever was asked has seen how many there are; with --yes nobody has counted.
  await drive(flags, story.id, signal, flags.yes ? null : items.length)
}

function bodyOf(flags: Flags): Record<string, unknown> {
  const given = {
    message_id: flags.message,
    event_id: flags.eventId,
    destination: flags.destination,
    states: flags.state,
    reason: flags.reason,
    event: flags.event,
    since: flags.since,
    until: flags.until,
    include_delivered: flags.includeDelivered,
    confirm_unknown: flags.confirmUnknown,
    note: flags.note,
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

async function look(
  { storeUrl, json }: Flags,
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<DryRunItem[]> {
  const items: DryRunItem[] = []
  const progress = createProgress({ isSilent: json })
  let cursor: string | null = '0'
  while (cursor !== null && !signal.aborted) {
    const page: DryRunPage = await askStore<DryRunPage>(storeUrl, '/v1/replays', 'POST', {
      body: { ...body, dry_run: true, cursor, limit: 200 },
    })
    items.push(...page.items)
    cursor = page.next_cursor
    progress.show(items.length, null, 'looked at')
  }
  progress.end()
  return items
}

function tellDryRun({ json, show }: Flags, items: readonly DryRunItem[]): void {
  const sums = sumsOf(items)
  if (json) {
    printJson({ ...sums, items })
    return
  }
  const shown = items.slice(0, Number(show))
  for (const item of shown) for (const line of tellItem(item)) print(line)
  if (items.length > shown.length) print(`… and ${items.length - shown.length} more\n`)
  for (const line of tellSums(sums)) print(line)
}

// The pages first, then the worker's outcomes. Whatever stops this stops nothing else: what is enqueued is delivered.
async function drive(
  flags: Flags,
  id: string,
  signal: AbortSignal,
  candidates: number | null,
): Promise<void> {
  const progress = createProgress({ isSilent: flags.json })
  const at = `/v1/replays/${encodeURIComponent(id)}`
  let story = await askStore<ReplayStory>(flags.storeUrl, at)
  while (story.state === 'running' && !signal.aborted) {
    progress.show(story.considered, candidates, 'looked at')
    story = await askStore<ReplayStory>(flags.storeUrl, `${at}/continue`, 'POST')
  }
  if (flags.wait) story = await watch(flags, story, signal, progress)
  progress.end()
  if (flags.json) printJson(story)
  else for (const line of tellReplay(story)) print(line)
  if (story.state === 'running') {
    printError(`Stopped; nothing is lost. Go on with: tracklayer replay --resume ${id}`)
    process.exitCode = EXIT.stopped
  } else if (signal.aborted && waitingIn(story) > 0) {
    printError(
      `The worker goes on with ${waitingIn(story)}. Look again with: tracklayer replay --resume ${id}`,
    )
  }
}

async function watch(
  { storeUrl }: Flags,
  begun: ReplayStory,
  signal: AbortSignal,
  progress: Progress,
): Promise<ReplayStory> {
  let story = begun
  while (waitingIn(story) > 0 && !signal.aborted) {
    progress.show(story.enqueued - waitingIn(story), story.enqueued, 'settled')
    await sleep(realClock, 300, signal)
    story = await askStore<ReplayStory>(storeUrl, `/v1/replays/${story.id}`)
  }
  return story
}

function waitingIn({ outcomes }: ReplayStory): number {
  return outcomes.waiting ?? 0
}
