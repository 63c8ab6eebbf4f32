// The outcomes of an audience as a table: what its members brought, and everybody else.
import type { OutcomeGroup, OutcomeSplit, Outcomes, Revenue } from '../store/outcomes.ts'
import type { paint as Paint } from './output.ts'

/** The body of GET /v1/audiences/:id/outcomes. */
export interface OutcomesAnswer extends Outcomes {
  readonly id: string
  readonly asked: {
    readonly since: string | null
    readonly until: string
    readonly window: string | null
  }
}

export function* outcomeLines(
  { id, asked, audience, period, window }: OutcomesAnswer,
  paint: typeof Paint,
): Generator<string> {
  const { since, until } = asked
  yield `${paint.bold(id)}  ${paint.dim(`${since ?? 'from the beginning'} to ${until}`)}`
  yield `  ${audience.people} people inside at some time, ${audience.entries} entries`
  yield* splitLines('when they converted', period, paint)
  if (window) yield* splitLines(`within ${asked.window} after entering`, window, paint)
}

function* splitLines(
  title: string,
  { member, not_member, total }: OutcomeSplit,
  paint: typeof Paint,
): Generator<string> {
  yield `\n  ${paint.bold(title)}`
  yield* groupLines('members', member, paint)
  yield* groupLines('not members', not_member, paint)
  yield* groupLines('all', total, paint)
}

function* groupLines(
  label: string,
  { conversions, people, events }: OutcomeGroup,
  paint: typeof Paint,
): Generator<string> {
  yield `  ${label.padEnd(14)} ${count(conversions, 'conversion')} of ${people} people`
  for (const [name, { conversions: own, revenue }] of Object.entries(events)) {
    yield `    ${name.padEnd(20)} ${String(own).padStart(8)}`
    for (const each of revenue) yield `      ${moneyText(each, paint)}`
  }
}

/** `EUR      1299.5 net  (1420 less 120.5 taken back)` */
export function moneyText(
  { currency, gross, taken_back, net }: Revenue,
  paint: typeof Paint,
): string {
  const note = taken_back === '0' ? '' : paint.dim(`  (${gross} less ${taken_back} taken back)`)
  return `${(currency ?? 'no currency').padEnd(12)} ${net.padStart(12)} net${note}`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
