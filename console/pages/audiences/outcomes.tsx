import type { AudienceOutcomes, AudienceSummary, OutcomeGroup, Revenue } from '../../api-types.ts'
import { Count, Instant, whole } from '../../parts/words.tsx'
import type { Viewer } from '../../viewer.ts'
import { AudienceFrame, pathOf } from './parts.tsx'

export const PERIODS = { '7': '7 days', '30': '30 days', '90': '90 days' } as const
export const WINDOWS = { '1d': 'a day', '7d': '7 days', '30d': '30 days' } as const

export interface OutcomesProps {
  readonly viewer: Viewer
  readonly audience: AudienceSummary
  readonly outcomes: AudienceOutcomes
  readonly days: keyof typeof PERIODS
  readonly within: keyof typeof WINDOWS
}

export function OutcomesPage({ viewer, audience, outcomes, days, within }: OutcomesProps) {
  const { period, window, asked, audience: inside } = outcomes
  return (
    <AudienceFrame viewer={viewer} audience={audience} view="/outcomes">
      <form
        class="filters"
        method="get"
        action={`${pathOf(audience)}/outcomes`}
        data-submit-on-change
      >
        <Choice name="days" text="Conversions of the last" options={PERIODS} chosen={days} />
        <Choice name="window" text="Soon after entering means" options={WINDOWS} chosen={within} />
        <button type="submit">Count</button>
      </form>
      <p class="hint">
        Since <Instant at={asked.since ?? asked.until} look={viewer.look} />: {whole(inside.people)}{' '}
        people were inside at any time of it, {whole(inside.entries)} entered. In short:{' '}
        <span id="brief">{brief(period.member)}</span>.
      </p>
      <Split
        id="inside"
        title="By whether the person was inside when they converted"
        note="What brought somebody in, at the very instant of entering, is not counted as a member’s."
        split={period}
        names={['Members', 'Everybody else']}
      />
      {window ? (
        <Split
          id="soon"
          title={`Within ${WINDOWS[within]} after entering`}
          note="Of somebody who had entered so shortly before, whether still inside or not."
          split={window}
          names={['By members then', 'By people who had left again']}
        />
      ) : null}
      <p class="hint">
        An order counts once, however many messages report it. Refunds and cancellations count
        against their order, whenever they came. Money of different conversions or currencies is
        never added up.
      </p>
    </AudienceFrame>
  )
}

function Choice({
  name,
  text,
  options,
  chosen,
}: {
  readonly name: string
  readonly text: string
  readonly options: Readonly<Record<string, string>>
  readonly chosen: string
}) {
  return (
    <label>
      <span>{text}</span>
      <select name={name}>
        {Object.entries(options).map(([value, words]) => (
          <option value={value} selected={value === chosen}>
            {words}
          </option>
        ))}
      </select>
    </label>
  )
}

interface SplitProps {
  readonly id: string
  readonly title: string
  readonly note: string
  readonly split: AudienceOutcomes['period']
  readonly names: readonly [string, string]
}

function Split({ id, title, note, split, names }: SplitProps) {
  const { member, not_member } = split
  const kinds = [
    ...new Set([member, not_member].flatMap(({ events }) => Object.keys(events))),
  ].sort()
  return (
    <section class="panel" aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
        <p class="hint">{note}</p>
      </header>
      {kinds.length === 0 ? (
        <p class="hint pad">
          No conversion. What counts as one is <code>conversion: true</code> in{' '}
          <code>mappings/events.yaml</code>.
        </p>
      ) : (
        <section class="scroll" tabindex={0} aria-labelledby={id}>
          <table class="numbers">
            <thead>
              <tr>
                <th scope="col">Conversion</th>
                <th scope="col">Who</th>
                <th scope="col" class="number">
                  Conversions
                </th>
                <th scope="col" class="number">
                  People
                </th>
                <th scope="col" class="number">
                  Gross
                </th>
                <th scope="col" class="number">
                  Taken back
                </th>
                <th scope="col" class="number">
                  Net
                </th>
              </tr>
            </thead>
            <tbody>
              {kinds.flatMap((kind) => [
                <GroupRow kind={kind} who={names[0]} group={member} />,
                <GroupRow kind={kind} who={names[1]} group={not_member} />,
              ])}
            </tbody>
          </table>
        </section>
      )}
    </section>
  )
}

function GroupRow({
  kind,
  who,
  group,
}: {
  readonly kind: string
  readonly who: string
  readonly group: OutcomeGroup
}) {
  const found = group.events[kind]
  const money = (of: (revenue: Revenue) => string) => (
    <td class="number">
      {(found?.revenue ?? []).map((revenue) => (
        <div>
          {shownMoney(of(revenue))} {revenue.currency ?? ''}
        </div>
      ))}
    </td>
  )
  return (
    <tr>
      <th scope="row">{kind}</th>
      <td>{who}</td>
      <td class="number">
        <Count value={found?.conversions ?? 0} />
      </td>
      <td class="number">
        <Count value={found?.people ?? 0} />
      </td>
      {money(({ gross }) => gross)}
      {money(({ taken_back }) => taken_back)}
      {money(({ net }) => net)}
    </tr>
  )
}

// Decimal text, exact: grouped as text, not as a number.
function shownMoney(decimal: string): string {
  const [, sign = '', before = '0', after = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? []
  return `${sign}${before.replace(/\B(?=(\d{3})+$)/g, ',')}.${after.padEnd(2, '0')}`
}

function brief({ events }: OutcomeGroup): string {
  const orders = events.purchase
  if (!orders) return 'no order by a member'
  const net = orders.revenue.map((each) => `${shownMoney(each.net)} ${each.currency ?? ''}`.trim())
  const count = `${whole(orders.conversions)} ${orders.conversions === 1 ? 'order' : 'orders'}`
  return net.length === 0 ? count : `${net.join(' and ')} of ${count}`
}
