// Revenue by audience as the store counts it, held against what the shop knows of its own orders.
import type { AudienceSummary } from '../../store/audience-reading.ts'
import type { OutcomeGroup, Outcomes, Revenue } from '../../store/outcomes.ts'
import type { AudienceTruth } from './engage.ts'
import type { Stage } from './stage.ts'

export interface AudienceReport {
  /** At the end of the run. */
  readonly members: number
  /** Bought by whoever was in the audience when they did. */
  readonly member: Bought
  /** Bought by everybody else. */
  readonly not_member: Bought
}

interface Bought {
  readonly orders: number
  readonly people: number
  /** One for each currency, in decimal text. */
  readonly revenue: readonly Revenue[]
}

export async function askStage<Body>({ store, apiKey }: Stage, path: string): Promise<Body> {
  const headers = { Authorization: `Bearer ${apiKey}` }
  return (await (await fetch(store.url + path, { headers })).json()) as Body
}

export async function readAudienceOutcomes(
  stage: Stage,
  ids: readonly string[],
): Promise<Record<string, AudienceReport>> {
  const reports = ids.map(async (id) => {
    const { members } = await askStage<AudienceSummary>(stage, `/v1/audiences/${id}`)
    const { period } = await askStage<Outcomes>(stage, `/v1/audiences/${id}/outcomes`)
    const report = {
      members: members.total,
      member: boughtBy(period.member),
      not_member: boughtBy(period.not_member),
    }
    return [id, report] as const
  })
  return Object.fromEntries(await Promise.all(reports))
}

function boughtBy({ events }: OutcomeGroup): Bought {
  const { conversions = 0, people = 0, revenue = [] } = events.purchase ?? {}
  return { orders: conversions, people, revenue }
}

/** What the store says of an audience and the shop knows otherwise. */
export function audienceFaults(
  reports: Readonly<Record<string, AudienceReport>>,
  truths: ReadonlyMap<string, AudienceTruth>,
): string[] {
  return [...truths].flatMap(([id, truth]) => {
    const report = reports[id]
    if (!report) return [`nothing is known of the audience ${id}`]
    const { members, member } = report
    const [want, found] = [moneyOf(truth.cents), moneyOf(centsOf(member.revenue))]
    return [
      ...(members === truth.members.size
        ? []
        : [`${id} has ${truth.members.size} members, the store says ${members}`]),
      ...(member.orders === truth.orders.size
        ? []
        : [`members of ${id} placed ${truth.orders.size} orders, the store says ${member.orders}`]),
      ...(want === found ? [] : [`members of ${id} brought ${want}, the store says ${found}`]),
    ]
  })
}

function centsOf(revenue: readonly Revenue[]): Map<string, number> {
  return new Map(
    revenue.map(({ currency, net }) => [currency ?? '?', Math.round(Number(net) * 100)]),
  )
}

function moneyOf(cents: ReadonlyMap<string, number>): string {
  const parts = [...cents].map(([currency, amount]) => `${currency} ${(amount / 100).toFixed(2)}`)
  return parts.sort().join(', ') || 'nothing'
}
