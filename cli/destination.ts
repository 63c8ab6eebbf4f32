// `tracklayer destination list|pause|enable|test`: what is on, what waits, the switch, and one event to try it with.
import { Command } from 'commander'
import type { DaySums } from '../store/destination-sums.ts'
import { DELIVERY_STATES } from '../store/ledger.ts'
import type { MatchSummary } from '../store/match-summaries.ts'
import { destinationTestCommand } from './destination-test.ts'
import { paint, print } from './output.ts'
import { askStore } from './store-client.ts'

interface Flags {
  readonly storeUrl?: string
  readonly json?: boolean
}

interface Listed {
  readonly name: string
  readonly is_paused: boolean
  readonly reason: string | null
  /** Settled in the last day, and what waits now. */
  readonly deliveries: DaySums | null
  readonly match_quality: MatchSummary | null
}

const HELP = `
Environment:
  TRACKLAYER_STORE_URL   address of the store; else the running \`tracklayer dev\`
  TRACKLAYER_API_KEY     API key of the environment to look in

Examples:
  tracklayer destination list
  tracklayer destination pause meta
  tracklayer destination enable meta`

export function destinationCommand(): Command {
  const command = new Command('destination').description('where events go')
  command.addCommand(
    withStore(new Command('list'))
      .description(
        'the destinations of the environment, with what the last day settled and what waits',
      )
      .action(list),
  )
  command.addCommand(
    withStore(new Command('pause'))
      .argument('<name>')
      .description('send nothing more; deliveries wait')
      .action((name: string, flags: Flags) => change(name, 'pause', flags)),
  )
  command.addCommand(
    withStore(new Command('enable'))
      .argument('<name>')
      .description('send again, also after a refused credential was mended')
      .action((name: string, flags: Flags) => change(name, 'enable', flags)),
  )
  command.addCommand(destinationTestCommand())
  return command
}

function withStore(command: Command): Command {
  return command
    .option('--store-url <url>', 'address of the store')
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', HELP)
}

async function list({ storeUrl, json }: Flags): Promise<void> {
  const answer = await askStore<{ destinations: Listed[] }>(storeUrl, '/v1/destinations')
  if (json) return print(JSON.stringify(answer))
  for (const { name, is_paused, reason, deliveries, match_quality } of answer.destinations) {
    const state = is_paused ? paint.red('paused') : paint.green('on    ')
    const counts = DELIVERY_STATES.flatMap((word) => {
      const count = deliveries?.[word] ?? 0
      return count > 0 ? [`${word} ${count}`] : []
    })
    print(
      `${name.padEnd(14)} ${state}  ${counts.join(', ') || 'nothing yet'}${reason ? `  (${reason})` : ''}`,
    )
    if (match_quality) print(`${' '.repeat(22)} ${matchLine(match_quality)}`)
  }
}

// An estimate of coverage, which is what a sender can mend; the platform's own score knows what was matched.
function matchLine({ average, events, missing }: MatchSummary): string {
  const parts = missing.map(({ identifier, share }) => `${identifier} ${Math.round(share * 100)} %`)
  const gaps = parts.length > 0 ? `; missing: ${parts.join(', ')}` : ''
  return `match quality ${average.toFixed(1)} of 10 over ${events} event(s)${gaps}`
}

async function change(
  name: string,
  action: 'pause' | 'enable',
  { storeUrl, json }: Flags,
): Promise<void> {
  const answer = await askStore<{ is_paused: boolean }>(
    storeUrl,
    `/v1/destinations/${encodeURIComponent(name)}/${action}`,
    'POST',
  )
  print(json ? JSON.stringify(answer) : `${name} is ${answer.is_paused ? 'paused' : 'on'}`)
}
