// What needs somebody, read off the overview: each alert says what is wrong and where to look.
import type { Loss } from './audience-sizes.ts'
import type { Overview } from './overview.ts'

export interface Alert {
  readonly severity: 'critical' | 'warning'
  readonly code:
    | 'destination_paused'
    | 'queue_old'
    | 'dead_letters'
    | 'outcome_unknown'
    | 'rejected'
    | 'audience_emptied'
  readonly destination: string | null
  /** Of `audience_emptied`: the audience's identity. */
  readonly audience?: string
  readonly message: string
}

/** Retries take minutes; what has waited longer than this is more than a hiccup. */
const OLD_MS = 15 * 60_000

export function alertsOf(overview: Omit<Overview, 'alerts'>, nowMs: number): Alert[] {
  const alerts: Alert[] = []
  for (const {
    name,
    is_paused,
    paused_reason,
    oldest_waiting_at,
    settled,
  } of overview.destinations) {
    const add = (severity: Alert['severity'], code: Alert['code'], message: string) =>
      alerts.push({ severity, code, destination: name, message })
    if (is_paused) {
      const isByHand = paused_reason === 'paused by hand'
      add(
        isByHand ? 'warning' : 'critical',
        'destination_paused',
        `${name} is paused: ${paused_reason ?? 'no reason was given'}`,
      )
    }
    const ageMs = oldest_waiting_at === null ? 0 : nowMs - Date.parse(oldest_waiting_at)
    if (!is_paused && ageMs > OLD_MS)
      add('critical', 'queue_old', `${name}: the oldest event has waited ${minutes(ageMs)}`)
    const dead = total(settled.dead)
    if (dead > 0)
      add('warning', 'dead_letters', `${name}: ${count(dead, 'delivery', 'deliveries')} given up`)
    const unknown = total(settled.unknown)
    if (unknown > 0)
      add(
        'warning',
        'outcome_unknown',
        `${name}: ${count(unknown, 'answer', 'answers')} lost where a repeat would count twice`,
      )
  }
  if (overview.rejected > 0) {
    const message = `${count(overview.rejected, 'message', 'messages')} could never be accepted`
    alerts.push({ severity: 'warning', code: 'rejected', destination: null, message })
  }
  return alerts.sort(
    (a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical'),
  )
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
