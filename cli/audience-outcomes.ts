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
  yield `  ${people(audience.people)} inside at some time, ${audience.entries} entered meanwhile`
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
  { conversions, people: who, events }: OutcomeGroup,
  paint: typeof Paint,
): Generator<string> {
  yield `  ${label.padEnd(14)} ${conversions} conversion${conversions === 1 ? '' : 's'} by ${people(who)}`
  for (const [name, { conversions: own, revenue }] of Object.entries(events)) {
    yield `    ${name.padEnd(20)} ${String(own).padStart(8)}`
    for (const each of revenue) yield `      ${moneyText(each, paint)}`
  }
}

// `EUR      1299.50 net  (1420.00 less 120.50 taken back)`
function moneyText({ currency, gross, taken_back, net }: Revenue, paint: typeof Paint): string {
  const text = (amount: string) => amountText(amount, currency)
  const note =
    taken_back === '0' ? '' : paint.dim(`  (${text(gross)} less ${text(taken_back)} taken back)`)
  return `${(currency ?? 'no currency').padEnd(12)} ${text(net).padStart(14)} net${note}`
}

/** With as many decimals as the currency has at least; never with fewer than it was counted with. */
export function amountText(amount: string, currency: string | null): string {
  const [whole = '0', fraction = ''] = amount.split('.')
  const shown = fraction.padEnd(decimalsOf(currency), '0')
  return shown === '' ? whole : `${whole}.${shown}`
}

function decimalsOf(currency: string | null): number {
  // Anything but three letters is no currency to Intl, which throws for it.
  if (!/^[A-Z]{3}$/.test(currency ?? '')) return 0
  const options = { style: 'currency', currency: String(currency) } as const
  return new Intl.NumberFormat('en', options).resolvedOptions().minimumFractionDigits ?? 0
}

function people(count: number): string {
  return count === 1 ? '1 person' : `${count} people`
}
