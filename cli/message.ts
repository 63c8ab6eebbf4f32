// `tracklayer message explain <id>`: the whole story of one message, from the store's HTTP API.
import { Command } from 'commander'
import type { MessageStory } from '../store/messages.ts'
import { tellStory } from './message-story.ts'
import { print } from './output.ts'
import { askStore } from './store-client.ts'

interface ExplainFlags {
  readonly storeUrl?: string
  readonly json?: boolean
}

export function messageCommand(): Command {
  const explain = new Command('explain')
    .description(
      'tell what became of a message: mapping, deduplication, identity, consent, every delivery and attempt, replays',
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
  else for (const line of tellStory(story)) print(line)
}
