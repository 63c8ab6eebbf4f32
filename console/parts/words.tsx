// Numbers, instants, states and ids as every page shows them.
import { raw } from 'hono/html'
import type { State } from '../api-types.ts'
import type { Look } from '../viewer.ts'
import { StateShape } from './icons.tsx'

const WHOLE = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })

export function Count({ value }: { readonly value: number }) {
  return <span class={value === 0 ? 'zero' : 'count'}>{WHOLE.format(value)}</span>
}

export function whole(value: number): string {
  return WHOLE.format(value)
}

export function percent(part: number, of: number): string {
  if (of === 0) return '–'
  const share = (100 * part) / of
  // 99.96 is not yet all, and 0.04 more than nothing.
  const shown = share > 99.9 && part < of ? 99.9 : share < 0.1 && part > 0 ? 0.1 : share
  return `${shown.toFixed(shown === 100 || shown === 0 ? 0 : 1)} %`
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`
}

/** An instant in the viewer's zone, UTC on hover. `short` leaves the day out where it is today's. */
export function Instant({
  at,
  look,
  precise = false,
}: {
  readonly at: string
  readonly look: Look
  readonly precise?: boolean
}) {
  const utc = `${at.slice(0, 10)} ${at.slice(11, 23)} UTC`
  return (
    <time datetime={at} title={utc} data-precise={precise ? '' : undefined}>
      {instantText(at, look, precise)}
    </time>
  )
}

/** `22 Nov 09:14:03`; the script writes the same form (assets/console.js). */
export function instantText(at: string, { zone }: Pick<Look, 'zone'>, precise = false): string {
  const date = new Date(at)
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options }).format(date)
  const day = part({ day: '2-digit', month: 'short' })
  const time = part({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
  return `${day} ${time}${precise ? `.${at.slice(20, 23)}` : ''}`
}

const STATE_WORDS: Readonly<Record<State, string>> = {
  delivered: 'delivered',
  filtered: 'filtered',
  held: 'held',
  pending: 'pending',
  retrying: 'retrying',
  dead: 'dead',
  unknown: 'unknown',
}

export function StateMark({ state }: { readonly state: State }) {
  return (
    <span class={`state state-${state}`}>
      <StateShape state={state} />
      {STATE_WORDS[state]}
    </span>
  )
}

/** One shape for each destination, in one order, so that a column of them reads as a column. */
export function StateRow({ deliveries }: { readonly deliveries: Readonly<Record<string, State>> }) {
  const sorted = Object.entries(deliveries).sort(([a], [b]) => (a < b ? -1 : 1))
  return (
    <span class="state-row">
      {sorted.map(([destination, state]) => (
        <span class={`state-${state}`} title={`${destination}: ${state}`}>
          <StateShape state={state} />
          <span class="aloud">
            {destination} {state}.{' '}
          </span>
        </span>
      ))}
    </span>
  )
}

const OUTCOME_WORDS = {
  accepted: 'accepted',
  duplicate: 'duplicate',
  unmapped: 'unmapped',
} as const

export function Outcome({ outcome }: { readonly outcome: keyof typeof OUTCOME_WORDS }) {
  return <span class={`tag tag-${outcome}`}>{OUTCOME_WORDS[outcome]}</span>
}

export function money(value: number | null, currency: string | null): string {
  if (value === null) return ''
  return `${value.toFixed(2)}${currency ? ` ${currency}` : ''}`
}

/** A place to break a long id, so that it never widens the page. */
export function Id({ children }: { readonly children: string }) {
  return <code class="id">{children}</code>
}

/** JSON with keys, texts and numbers told apart. It scrolls, so the keyboard reaches it (WCAG 2.1.1). */
export function JsonView({ value, label }: { readonly value: unknown; readonly label: string }) {
  return (
    <section class="json" tabindex={0} aria-label={label}>
      <pre>
        <code>{raw(highlight(JSON.stringify(value, null, 2) ?? 'null'))}</code>
      </pre>
    </section>
  )
}

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d[\d.eE+-]*)/g

function highlight(json: string): string {
  let html = ''
  let end = 0
  for (const match of json.matchAll(TOKEN)) {
    const [whole, text, colon, word] = match
    const kind = text ? (colon ? 'key' : 'text') : word ? 'word' : 'number'
    html += escaped(json.slice(end, match.index))
    html += `<span class="j-${kind}">${escaped(text ?? whole)}</span>${colon ?? ''}`
    end = match.index + whole.length
  }
  return html + escaped(json.slice(end))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

const REASONS: Readonly<Record<string, string>> = {
  trigger: 'no trigger asks for it',
  too_old: 'too old for the platform',
  consent_denied: 'consent denied',
  consent_unknown: 'consent unknown',
  no_identifier: 'nobody to attribute it to',
  replayed: 'sent again on purpose',
  superseded: 'superseded by a later change',
  withdrawn: 'taken back by a person',
  below_minimum_size: 'its audience is too small yet',
  earlier_under_way: 'an earlier change of the same person is on its way',
  remote_audience: 'its audience at the platform is not there yet',
  audience_paused: 'its audience at the platform is paused',
}

/** A reason of ours in words; a platform’s stays as it came. */
export function reasonText(reason: string): string {
  return Object.hasOwn(REASONS, reason) ? (REASONS[reason] as string) : reason
}
