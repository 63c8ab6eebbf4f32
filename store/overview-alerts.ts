// What needs somebody, read off the overview: each alert says what is wrong and where to look.
import type { Loss } from './audience-sizes.ts'
import type { DestinationOverview, Overview } from './overview.ts'

export interface Alert {
  readonly severity: 'critical' | 'warning'
  readonly code:
    | 'destination_paused'
    | 'breaker_open'
    | 'queue_old'
    | 'dead_letters'
    | 'returns_failing'
    | 'outcome_unknown'
    | 'rejected'
    | 'ledger_unbalanced'
    | 'violations_new'
    | 'audience_emptied'
  readonly destination: string | null
  /** Of `audience_emptied`: the audience's identity. */
  readonly audience?: string
  readonly message: string
}

/** Retries take minutes; what has waited longer than this is more than a hiccup. */
const OLD_MS = 15 * 60_000
/** What a person who paused a destination left as the reason, or its beginning. */
export const PAUSED_BY_HAND = 'paused by hand'

/** @param returning destinations by which conversions go back to Segment */
export function alertsOf(
  overview: Omit<Overview, 'alerts'>,
  returning: ReadonlySet<string>,
  nowMs: number,
): Alert[] {
  const alerts = [
    ...overview.destinations.flatMap((destination) =>
      ofDestination(destination, returning.has(destination.name), nowMs),
    ),
    ...ofAll(overview),
  ]
  return alerts.sort(
    (a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical'),
  )
}

function ofDestination(
  { name, is_paused, paused_reason, oldest_waiting_at, settled, breakers }: DestinationOverview,
  isReturning: boolean,
  nowMs: number,
): Alert[] {
  const alerts: Alert[] = []
  const add = (severity: Alert['severity'], code: Alert['code'], message: string) =>
    alerts.push({ severity, code, destination: name, message: `${name}${message}` })
  if (is_paused) {
    const isByHand = paused_reason?.startsWith(PAUSED_BY_HAND) ?? false
    const message = ` is paused: ${paused_reason ?? 'no reason was given'}`
    add(isByHand ? 'warning' : 'critical', 'destination_paused', message)
  }
  if (!is_paused && breakers.length > 0)
    add('critical', 'breaker_open', ': half of the requests fail, and it is left alone for a while')
  const ageMs = oldest_waiting_at === null ? 0 : nowMs - Date.parse(oldest_waiting_at)
  if (!is_paused && ageMs > OLD_MS)
    add('critical', 'queue_old', `: the oldest event has waited ${minutes(ageMs)}`)
  const dead = total(settled.dead)
  if (dead > 0 && isReturning) {
    const message = `: ${count(dead, 'conversion', 'conversions')} did not go back to Segment`
    add('critical', 'returns_failing', message)
  } else if (dead > 0)
    add('warning', 'dead_letters', `: ${count(dead, 'delivery', 'deliveries')} given up`)
  const unknown = total(settled.unknown)
  if (unknown > 0) {
    const message = `: ${count(unknown, 'answer', 'answers')} lost where a repeat would count twice`
    add('warning', 'outcome_unknown', message)
  }
  return alerts
}

function ofAll({
  rejected,
  unbalanced_orders,
  new_violations: { kinds, count: broken, example },
}: Omit<Overview, 'alerts'>): Alert[] {
  const alerts: Alert[] = []
  const add = (severity: Alert['severity'], code: Alert['code'], message: string) =>
    alerts.push({ severity, code, destination: null, message })
  if (unbalanced_orders > 0) {
    const orders = count(unbalanced_orders, 'order is', 'orders are')
    add('critical', 'ledger_unbalanced', `${orders} not on the ledger wherever they are owed`)
  }
  if (rejected > 0)
    add('warning', 'rejected', `${count(rejected, 'message', 'messages')} could never be accepted`)
  if (kinds > 0) {
    const what = count(kinds, 'new kind of violation', 'new kinds of violations')
    const times = count(broken, 'time', 'times')
    add('warning', 'violations_new', `${what} of the tracking plan, ${times}; e.g. ${example}`)
  }
  return alerts
}

/** Most often somebody changed the audience by mistake, and its members have left the platforms already. */
export function emptiedAlerts(losses: readonly Loss[]): Alert[] {
  return losses.map(({ id, identity, name, before, after }) => ({
    severity: 'warning',
    code: 'audience_emptied',
    destination: null,
    audience: identity,
    message: `${name ?? id} lost ${before - after} of ${before} members within an hour`,
  }))
}

function total(series: readonly number[]): number {
  return series.reduce((sum, each) => sum + each, 0)
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}

function minutes(ms: number): string {
  const whole = Math.round(ms / 60_000)
  return whole < 120 ? `${whole} minutes` : `${Math.round(whole / 60)} hours`
}
