// `tracklayer message explain <id>`: the whole story of one message, from the store's HTTP API.
import { Command } from 'commander'
import type { DeliveryStory, MessageStory } from '../store/messages.ts'
import { paint, print } from './output.ts'
import { askStore } from './store-client.ts'

interface ExplainFlags {
  readonly storeUrl?: string
  readonly json?: boolean
}

export function messageCommand(): Command {
  const explain = new Command('explain')
    .description(
      'tell what became of a message: mapping, deduplication, identity, every delivery and attempt',
    )
    .argument('<id>', "Segment's messageId")
    .option(
      '--store-url <url>',
      'address of the store; else TRACKLAYER_STORE_URL, else the running `tracklayer dev`',
    )
    .option('--json', 'print the answer of GET /v1/messages/:id')
    .addHelpText(
      'after',
      `
Environment:
  TRACKLAYER_STORE_URL   address of the store
  TRACKLAYER_API_KEY     API key of the environment to look in

Examples:
  tracklayer message explain ajs-next-1767-2f0c
  tracklayer message explain ajs-next-1767-2f0c --json | jq .deliveries`,
    )
    .action(explainMessage)
  return new Command('message').description('messages in the store').addCommand(explain)
}

async function explainMessage(id: string, flags: ExplainFlags): Promise<void> {
  const story = await askStore<MessageStory>(
    flags.storeUrl,
    `/v1/messages/${encodeURIComponent(id)}`,
  )
  if (flags.json) print(JSON.stringify(story))
  else for (const line of tell(story)) print(line)
}

function* tell(story: MessageStory): Generator<string> {
  const { event, profile } = story
  yield `${paint.bold(story.message_id)}  ${colouredOutcome(story.outcome)}  (${story.environment})`
  yield row(
    'received',
    `${story.received_at}${story.receipts > 1 ? `, delivered ${story.receipts} times` : ''}`,
  )
  yield row('kind', story.kind)
  for (const warning of story.warnings) yield row('warning', paint.yellow(warning))
  yield row(
    'profile',
    profile ? `${profile.canonical_user_id ?? 'anonymous'} (profile ${profile.id})` : 'none',
  )
  if (event) {
    const canonical = event.canonical as { segment_event?: string; mapping_version?: string }
    yield row(
      'mapping',
      `${canonical.segment_event} → ${event.name} (${canonical.mapping_version})`,
    )
    yield row('event_id', event.event_id)
    if (event.dedup_key) yield row('dedup key', event.dedup_key)
    if (event.message_id !== story.message_id)
      yield row('duplicate of', `message ${event.message_id}, which counts`)
  }
  for (const delivery of story.deliveries) yield* tellDelivery(delivery)
  for (const { audience, direction, reason, deliveries } of story.transitions) {
    yield row(direction, `${audience}${reason === 'stated' ? '' : ` (${reason})`}`)
    for (const delivery of deliveries) yield* tellDelivery(delivery)
  }
}

function* tellDelivery(delivery: DeliveryStory): Generator<string> {
  yield row(
    delivery.destination,
    `${colouredState(delivery.state)}${delivery.reason ? `: ${delivery.reason}` : ''}`,
  )
  for (const { number, started_at, status, duration_ms, error } of delivery.attempts) {
    yield row(
      '',
      `  attempt ${number}  ${started_at}  ${status ?? 'no answer'}  ${duration_ms} ms${error ? `  ${error}` : ''}`,
    )
  }
  if (delivery.due_at) yield row('', `  next attempt ${delivery.due_at}`)
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(13)} ${text}`
}

function colouredOutcome(outcome: string): string {
  return outcome === 'accepted' ? paint.green(outcome) : paint.yellow(outcome)
}

function colouredState(state: string): string {
  if (state === 'delivered') return paint.green(state)
  return state === 'dead' ? paint.red(state) : paint.yellow(state)
}
