// How a replay and its dry run are told.
import type { Difference } from '../core/json-difference.ts'
import type { DryRunItem } from '../store/replay-preview.ts'
import type { ReplayStory } from '../store/replays.ts'
import { paint } from './output.ts'

/** What a dry run found, over all its pages. */
export interface DryRunSums {
  readonly considered: number
  readonly replayed: number
  /** What would happen to those: `sent`, `filtered: too_old` → count. */
  readonly would: Readonly<Record<string, number>>
  /** Why the others would not go: code → count. */
  readonly refused: Readonly<Record<string, number>>
}

export function sumsOf(items: readonly DryRunItem[]): DryRunSums {
  const replayed = items.filter(({ replay }) => replay)
  return {
    considered: items.length,
    replayed: replayed.length,
    would: countBy(replayed.map(wouldOf)),
    refused: countBy(items.flatMap(({ refusal }) => refusal?.code ?? [])),
  }
}

function wouldOf({ would }: DryRunItem): string {
  if (!would) return 'not known'
  return would.reason ? `${would.kind}: ${would.reason}` : would.kind
}

export function* tellItem(item: DryRunItem): Generator<string> {
  const { destination, event, event_id, state, reason, refusal, until, sent } = item
  yield `${paint.bold(destination)}  ${event}  ${event_id}  ${paint.dim(`message ${item.message_id}`)}`
  yield line('is', reason ? `${state}: ${reason}` : state)
  if (refusal) yield line('replay', paint.yellow(`refused: ${refusal.message}`))
  else yield line('replay', until ? `yes, until ${until}` : 'yes')
  yield line('would be', colouredWould(item))
  yield line('last sent', sent ? `attempt ${sent.number}, ${sent.at}` : 'never')
  yield* tellDifference(item)
  yield ''
}

function* tellDifference({ difference, masked_difference, sent, now }: DryRunItem) {
  if (difference === null) {
    if (sent && now) yield line('difference', 'what was sent is not on record')
    return
  }
  if (masked_difference) yield line('difference', 'only in personal data, which is not shown')
  else if (difference.length === 0) yield line('difference', 'none: the same payload')
  else {
    yield line('difference', `${difference.length} ${difference.length === 1 ? 'place' : 'places'}`)
    for (const each of difference) yield* tellChange(each)
  }
}

function* tellChange(change: Difference): Generator<string> {
  const indent = '      '
  if (change.kind !== 'added')
    yield `${indent}${paint.red(`- ${change.path}: ${JSON.stringify(change.before)}`)}`
  if (change.kind !== 'removed')
    yield `${indent}${paint.green(`+ ${change.path}: ${JSON.stringify(change.after)}`)}`
}

function colouredWould(item: DryRunItem): string {
  const text = wouldOf(item)
  return text === 'sent' ? paint.green(text) : paint.yellow(text)
}

export function* tellSums({ considered, replayed, would, refused }: DryRunSums): Generator<string> {
  yield `${considered} ${considered === 1 ? 'delivery' : 'deliveries'} looked at`
  yield line('replay', counted(replayed, would))
  const left = considered - replayed
  if (left > 0) yield line('leave', counted(left, refused))
}

export function* tellReplay(story: ReplayStory): Generator<string> {
  const { id, state, considered, enqueued, refused, outcomes } = story
  yield `Replay ${paint.bold(id)} ${state}, asked for by ${story.requested_by}${story.note ? `: ${story.note}` : ''}`
  yield line('looked at', String(considered))
  yield line('enqueued', counted(enqueued, outcomes))
  if (considered > enqueued) yield line('left alone', counted(considered - enqueued, refused))
}

function counted(sum: number, parts: Readonly<Record<string, number>>): string {
  const words = Object.entries(parts).map(([name, count]) => `${name} ${count}`)
  return words.length > 0 ? `${sum}  (${words.join(', ')})` : String(sum)
}

function line(label: string, text: string): string {
  return `  ${paint.dim(label.padEnd(11))} ${text}`
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
