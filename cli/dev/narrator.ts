// Tells a sample run as it happens: one line for each thing worth a look, and a table at the end.
import type { JsonObject } from '../../core/json.ts'
import { objectAt } from '../../core/json.ts'
import type { Destination } from '../../delivery/destination.ts'
import type { DeliveryRecord } from '../../store/deliveries.ts'
import type { DestinationSums } from '../../store/ledger.ts'
import type { TwinSummary } from '../../workspace/twins/twins.ts'
import { amountText } from '../audience-outcomes.ts'
import type { paint as Paint } from '../output.ts'
import type { Report } from './report.ts'
import type { ShopMoment, ShopTruth } from './shop.ts'

export interface Narrator {
  heading(text: string): void
  shop(moment: ShopMoment): void
  recorded(destination: Destination, record: DeliveryRecord): void
  returned(message: JsonObject): void
  summary(report: Report, truth: ShopTruth): void
}

type Write = (line: string) => void

const MOMENTS: Readonly<Record<ShopMoment['kind'], string>> = {
  order: 'placed in the shop',
  second_message: 'reported once more, by the server as well as the browser',
  repeat: 'sent twice by a client that lost the answer',
  misspelt: 'sent under a name the table does not have',
  entered: 'is in the audience, says Engage',
  left: 'is in it no longer',
}

const MARKS: Readonly<Record<ShopMoment['kind'], readonly [mark: string, what: string]>> = {
  order: ['+', 'order'],
  second_message: ['=', 'again'],
  repeat: ['=', 'again'],
  misspelt: ['?', 'unmapped'],
  entered: ['»', 'entered'],
  left: ['«', 'left'],
}

/** @param writeEvent for the lines that go by; else they are written like the others */
export function createNarrator(
  write: Write,
  paint: typeof Paint,
  writeEvent: Write = write,
): Narrator {
  const tell = (mark: string, what: string, id: string, text: string) =>
    writeEvent(`  ${mark} ${what.padEnd(10)} ${id.padEnd(22)} ${text}`)
  return {
    heading: (text) => write(`\n${paint.bold(text)}`),
    shop: ({ kind, id }) => {
      const [mark, what] = MARKS[kind]
      tell(
        kind === 'order' ? paint.cyan(mark) : paint.yellow(mark),
        what,
        id,
        paint.dim(MOMENTS[kind]),
      )
    },
    recorded: ({ name }, { delivery, settlement, attempt }) => {
      const { tracklayer_event, properties } = delivery.canonical
      if (!CONVERSIONS.has(tracklayer_event) && settlement.state !== 'dead') return
      const id = String(properties.order_id ?? properties.lead_id ?? properties.event_id)
      if (settlement.state === 'retrying') {
        const seconds = ((settlement.dueAt.getTime() - Date.now()) / 1000).toFixed(1)
        tell(paint.yellow('○'), 'retry', id, `${name}: ${settlement.reason}; again in ${seconds} s`)
      } else if (settlement.state === 'dead') {
        tell(paint.red('✗'), 'dead', id, `${name}: ${settlement.reason}`)
      } else if (settlement.state === 'delivered' && name !== 'segment') {
        const again = delivery.attempt > 1 ? `, attempt ${delivery.attempt}` : ''
        const text = `${name}: ${attempt?.status} in ${attempt?.durationMs} ms${again}${money(properties)}`
        tell(paint.green('●'), tracklayer_event, id, text)
      }
    },
    returned: (message) => {
      const properties = objectAt(message, 'properties')
      const id = String(
        properties?.order_id ?? properties?.lead_id ?? message.userId ?? message.anonymousId,
      )
      tell(paint.magenta('↩'), 'returned', id, `${message.event} is back in Segment`)
    },
    summary: (report, truth) => {
      for (const line of summaryLines(report, truth, paint)) write(line)
    },
  }
}

// Views and baskets pass by the thousand; what was bought or asked for is worth a line.
const CONVERSIONS: ReadonlySet<string> = new Set(['purchase', 'lead', 'sign_up'])

function money({ value, currency }: JsonObject): string {
  return typeof value === 'number' ? `  ${value.toFixed(2)} ${currency ?? ''}` : ''
}

export function* summaryLines(
  report: Report,
  truth: ShopTruth,
  paint: typeof Paint,
): Generator<string> {
  const line = (label: string, count: number, text = '') =>
    `  ${label.padEnd(24)} ${String(count).padStart(7)}  ${paint.dim(text)}`
  yield paint.bold('\nWhat became of it')
  yield line(
    'sent by shop and Engage',
    truth.sent,
    `${truth.distinct} messages, some of them twice`,
  )
  yield line(
    'received from Segment',
    report.messages,
    'accepted + duplicates + unmapped + rejected',
  )
  yield line('  accepted', report.accepted)
  yield line(
    '  duplicates',
    report.duplicates,
    'the same message again, or a second one for the same fact',
  )
  yield line('  unmapped', report.unmapped, 'page views, and names the table does not have')
  yield line('  rejected', report.rejected)
  yield line('canonical events', report.events, 'each owed once to every destination')
  for (const [name, sums] of Object.entries(report.deliveries)) {
    yield ''
    yield `  ${paint.bold(name)}`
    for (const [state, count] of Object.entries(sums)) {
      if (typeof count === 'number' && count > 0 && state !== 'total')
        yield line(`  ${state}`, count, reasonsOf(state, sums))
    }
    const changes = sums.total - report.events
    const note = `${report.events} events and ${changes} changes of membership`
    yield line('  = accepted', sums.total, changes > 0 ? note : '')
    const platform = report.platforms[name]
    if (platform) yield line('  counted by it', platform.counted, platformNotes(platform))
  }
  yield ''
  const { placed, counted, twice, lost } = report.orders
  yield line(
    'orders placed',
    placed,
    `${counted} counted once by the receiver, ${twice} twice, ${lost} lost`,
  )
  yield* audienceLines(report, paint)
  yield line(
    'returned to Segment',
    report.returned,
    'conversions, each with one deterministic messageId',
  )
  yield report.faults.length === 0
    ? paint.green(
        '\n  The ledger balances: every event is in exactly one state at every destination.',
      )
    : paint.red(`\n  ${report.faults.join('\n  ')}`)
}

function platformNotes({ duplicates, refused }: TwinSummary): string {
  const reasons = Object.entries(refused).map(([reason, count]) => `${reason} ${count}`)
  return [`${duplicates} repeats recognised`, ...reasons].join(', ')
}

// A waiting delivery's last failure is on its way to being mended; the other states are where events end or rest.
function* audienceLines({ audiences }: Report, paint: typeof Paint): Generator<string> {
  yield ''
  yield `  ${paint.bold('revenue by audience')}`
  for (const [id, { members, member, not_member }] of Object.entries(audiences)) {
    const shown = member.revenue.map(
      ({ currency, net }) => `${currency ?? '?'} ${amountText(net, currency)}`,
    )
    const notes = `${member.orders} of ${member.orders + not_member.orders} orders, ${members} members at the end`
    yield `    ${id.padEnd(22)} ${shown.join('  ') || 'none'}  ${paint.dim(notes)}`
  }
  yield ''
}

function reasonsOf(state: string, { reasons }: DestinationSums): string {
  if (state !== 'filtered' && state !== 'dead' && state !== 'held' && state !== 'unknown') return ''
  return Object.entries(reasons[state] ?? {})
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ')
}
