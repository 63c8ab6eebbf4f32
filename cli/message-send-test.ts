// `tracklayer message send-test`: one controlled event from Segment to a destination, and its trace.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { TrackLayerError } from '../core/errors.ts'
import { realClock } from './clock.ts'
import { type CommandHelp, STORE_VARIABLES, withStoreHelp } from './command-help.ts'
import { EXIT } from './exit-codes.ts'
import { tellStory } from './message-story.ts'
import { logLine, paint, print, printJson } from './output.ts'
import { storeTarget } from './store-client.ts'
import { adviceOf, TRACKING_APIS, traceTestMessage } from './test-message.ts'

interface Flags {
  readonly writeKey?: string
  readonly region: keyof typeof TRACKING_APIS
  readonly trackingUrl?: string
  readonly event: string
  readonly consent: readonly string[]
  readonly storeUrl?: string
  readonly ca?: string
  readonly timeout: string
  readonly json?: boolean
}

const HELP: CommandHelp = {
  json: '{ message_id, story, advice }',
  notes: `
The message carries context.tracklayer.test, the user id tracklayer-test, and the value 0. The default event is no conversion;
a platform that gets a purchase by --event and --consent counts it.`,
  environment: { SEGMENT_WRITE_KEY: 'write key of the source', ...STORE_VARIABLES },
  exits: {
    [EXIT.done]: 'it arrived, and every destination took it or had a reason not to',
    [EXIT.found]: 'anything else',
  },
  examples: [
    'tracklayer message send-test',
    "tracklayer message send-test --event 'Checkout Started' --consent Advertising",
    'tracklayer message send-test --tracking-url http://127.0.0.1:8701 --write-key shop',
  ],
}

export function sendTestCommand(): Command {
  return withStoreHelp(new Command('send-test'), HELP)
    .description('send one marked event through Segment and tell what becomes of it')
    .option(
      '--write-key <key>',
      'of a source that TrackLayer is connected to; else SEGMENT_WRITE_KEY',
    )
    .addOption(
      new Option('--region <region>', 'of the workspace').choices(['us', 'eu']).default('us'),
    )
    .option('--tracking-url <url>', 'another Tracking API, e.g. of `tracklayer dev`')
    .option('--event <name>', "the event's name in Segment", 'Product Viewed')
    .option(
      '--consent <categories...>',
      'categories that are granted; without, no advertising platform gets it',
      [],
    )
    .option('--ca <file>', 'PEM of the authority of a store without a public certificate')
    .option('--timeout <seconds>', 'how long to wait', '120')
    .action(sendTest)
}

async function sendTest(flags: Flags): Promise<void> {
  const writeKey = flags.writeKey ?? process.env.SEGMENT_WRITE_KEY
  if (!writeKey) {
    const message =
      'No write key: give --write-key or set SEGMENT_WRITE_KEY (Connections → Sources → Settings → API Keys)'
    throw new TrackLayerError('SETTINGS_INVALID', message)
  }
  const { url, apiKey } = storeTarget(flags.storeUrl)
  const messageId = `tracklayer-test-${randomUUID()}`
  logLine('info', `${flags.event} as ${messageId}; waiting for it in the store`)
  const story = await traceTestMessage({
    clock: realClock,
    trackingUrl: flags.trackingUrl ?? TRACKING_APIS[flags.region],
    writeKey,
    storeUrl: url,
    apiKey,
    ca: flags.ca === undefined ? undefined : readFileSync(flags.ca, 'utf8'),
    messageId,
    event: flags.event,
    consent: flags.consent,
    timeoutMs: Number(flags.timeout) * 1000,
  })
  const advice = adviceOf(story)
  if (flags.json) printJson({ message_id: messageId, story, advice })
  else {
    if (story) for (const line of tellStory(story)) print(line)
    if (advice) print(paint.yellow(advice))
  }
  if (advice) process.exitCode = EXIT.found
}
