// `tracklayer delivery release|withdraw|settle`: what people do about deliveries that wait, or whose answer was lost.
import { Command } from 'commander'
import { TrackLayerError } from '../core/errors.ts'
import type { MessageStory } from '../store/messages.ts'
import type { ChangedDelivery, GroupResult } from '../store/waiting-deliveries.ts'
import { STORE_VARIABLES, withStoreHelp } from './command-help.ts'
import { paint, print, printJson } from './output.ts'
import { askStore } from './store-client.ts'

interface Flags {
  readonly message?: string
  readonly destination?: string
  readonly reason?: string
  readonly note?: string
  readonly storeUrl?: string
  readonly json?: boolean
}

type Act = 'release' | 'withdraw' | 'settle'

/** What each does, in the words of its help. */
const ACTS: Readonly<Record<Act, { readonly says: string; readonly examples: readonly string[] }>> =
  {
    release: {
      says: 'have what is held decided again now; it goes only if nothing holds it any more',
      examples: [
        'tracklayer delivery release 1742',
        'tracklayer delivery release --message msg_1 --destination meta',
        'tracklayer delivery release --destination meta --reason consent_unknown',
      ],
    },
    withdraw: {
      says: 'take back what waits: it is not sent, and the ledger says that you did it',
      examples: [
        'tracklayer delivery withdraw 1742 --note "a test order"',
        'tracklayer delivery withdraw --message msg_1 --destination meta',
        'tracklayer delivery withdraw --destination meta --reason consent_unknown',
      ],
    },
    settle: {
      says: 'say of an unknown one that you looked and it arrived: it counts as delivered',
      examples: [
        'tracklayer delivery settle 1742 --note "seen in their console"',
        'tracklayer delivery settle --message msg_1 --destination meta',
      ],
    },
  }

const ONE = '{ delivery_id, destination, message_id, state, reason, due_at, may_have_arrived }'

export function deliveryActCommands(): Command[] {
  return (Object.keys(ACTS) as Act[]).map((act) => {
    const { says, examples } = ACTS[act]
    const isOfGroups = act !== 'settle'
    const command = new Command(act)
      .description(says)
      .argument('[id]', 'the delivery; else --message and --destination')
      .option('--message <id>', 'the delivery of this message …')
      .option('--destination <name>', '… to this destination')
    if (isOfGroups) command.option('--reason <reason>', 'all it holds for this reason')
    return withStoreHelp(command.option('--note <text>', 'why, for whoever asks later'), {
      json: ONE,
      ...(isOfGroups ? { jsonNote: 'of a group { changed, skipped }, 10,000 at a time' } : {}),
      environment: {
        ...STORE_VARIABLES,
        TRACKLAYER_API_KEY: "API key of the environment to act in, an operator's at least",
      },
      examples,
    }).action((id: string | undefined, flags: Flags) => run(act, id, flags))
  })
}

async function run(act: Act, id: string | undefined, flags: Flags): Promise<void> {
  const { destination, reason, note, storeUrl } = flags
  if (reason !== undefined && id === undefined && flags.message === undefined) {
    const body = { destination, reason, note }
    const path = `/v1/deliveries/${act}`
    const answer = await askStore<GroupResult>(storeUrl, path, 'POST', { body })
    return flags.json ? printJson(answer) : print(groupLine(act, answer))
  }
  const path = `/v1/deliveries/${encodeURIComponent(id ?? (await idOf(flags)))}/${act}`
  const answer = await askStore<ChangedDelivery>(storeUrl, path, 'POST', { body: { note } })
  if (flags.json) printJson(answer)
  else print(lineOf(answer))
}

async function idOf({ message, destination, storeUrl }: Flags): Promise<string> {
  if (message === undefined || destination === undefined)
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      'Which delivery? Give its id, or --message and --destination (--help shows how)',
    )
  const story = await askStore<MessageStory>(
    storeUrl,
    `/v1/messages/${encodeURIComponent(message)}`,
  )
  const deliveries = [...story.deliveries, ...story.transitions.flatMap((each) => each.deliveries)]
  const found = deliveries.filter((delivery) => delivery.destination === destination)
  const [first, second] = found
  if (first && !second) return first.delivery_id
  const names = [...new Set(deliveries.map((delivery) => delivery.destination))].join(', ')
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    second
      ? `Message "${message}" has several deliveries to ${destination}: give one of ${found.map((delivery) => delivery.delivery_id).join(', ')}`
      : `Message "${message}" has no delivery to ${destination}; it has ${names || 'none at all'}`,
  )
}

function lineOf(delivery: ChangedDelivery): string {
  const { delivery_id, destination, message_id, state, reason, may_have_arrived } = delivery
  const line = `delivery ${delivery_id} of ${message_id} to ${destination} is ${paint.bold(state)}${reason ? ` (${reason})` : ''}`
  const doubt = 'An earlier attempt may have arrived: nothing takes that back'
  return state === 'filtered' && may_have_arrived ? `${line}\n${paint.yellow(doubt)}` : line
}

function groupLine(act: Act, { changed, skipped }: GroupResult): string {
  const done = act === 'release' ? 'released' : 'withdrawn'
  const rest =
    skipped > 0 ? `; ${skipped} left: in a worker’s hand, or removals from audiences` : ''
  return `${changed} ${done}${rest}`
}
