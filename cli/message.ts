// `tracklayer message explain <id>`: the whole story of one message, from the store's HTTP API.
import { Command } from 'commander'
import type { MessageStory } from '../store/messages.ts'
import { type CommandHelp, withStoreHelp } from './command-help.ts'
import { sendTestCommand } from './message-send-test.ts'
import { tellStory } from './message-story.ts'
import { print, printJson } from './output.ts'
import { askStore } from './store-client.ts'

interface ExplainFlags {
  readonly storeUrl?: string
  readonly json?: boolean
}

const HELP: CommandHelp = {
  json: '{ message_id, environment, kind, outcome, received_at, receipts, warnings, raw, event, dedup, profile, identity, deliveries, transitions }',
  examples: [
    'tracklayer message explain ajs-next-1767-2f0c',
    'tracklayer message explain ajs-next-1767-2f0c --json | jq .deliveries',
  ],
}

export function messageCommand(): Command {
  const explain = withStoreHelp(new Command('explain'), HELP)
    .description(
      'tell what became of a message: mapping, deduplication, identity, consent, every delivery and attempt, replays',
    )
    .argument('<id>', "Segment's messageId")
    .action(explainMessage)
  return new Command('message')
    .description('messages in the store')
    .addCommand(explain)
    .addCommand(sendTestCommand())
}

async function explainMessage(id: string, flags: ExplainFlags): Promise<void> {
  const story = await askStore<MessageStory>(
    flags.storeUrl,
    `/v1/messages/${encodeURIComponent(id)}`,
  )
  if (flags.json) printJson(story)
  else for (const line of tellStory(story)) print(line)
}
