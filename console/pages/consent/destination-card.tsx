// What one destination asks for, and how its events were decided in the window.
import type { ConsentAsked, ConsentDecision, ConsentStory, HeldCount } from '../../api-types.ts'
import { Parts } from '../../parts/plots.tsx'
import { Count, duration } from '../../parts/words.tsx'

const DECISIONS: readonly {
  readonly key: ConsentDecision | 'held'
  readonly name: string
  readonly tone: string
}[] = [
  { key: 'granted', name: 'said yes', tone: 'green' },
  { key: 'denied', name: 'said no', tone: 'red' },
  { key: 'allowed_unknown', name: 'no answer: sent', tone: 'accent' },
  { key: 'denied_unknown', name: 'no answer: left out', tone: 'grey' },
  { key: 'expired', name: 'no answer in time', tone: 'amber' },
  { key: 'held', name: 'held now', tone: 'violet' },
]

export function DestinationCard({
  name,
  asks,
  decisions,
  held,
}: ConsentStory['destinations'][number] & { readonly held: readonly HeldCount[] }) {
  const waiting = held.reduce((sum, { count }) => sum + count, 0)
  const shares = DECISIONS.map(({ key, ...words }) => ({
    ...words,
    count: key === 'held' ? waiting : (decisions[key] ?? 0),
  })).filter(({ count }) => count > 0)
  return (
    <article class="panel card" id={`asks-${name}`} aria-labelledby={`name-${name}`}>
      <header class="panel-head">
        <h2 id={`name-${name}`}>{name}</h2>
      </header>
      <Asks asks={asks} />
      <Parts
        shares={shares}
        label={shares.map((each) => `${each.count} ${each.name}`).join(', ') || 'no decision yet'}
      />
      {shares.length === 0 ? (
        <p class="hint pad">Nothing was decided in this window.</p>
      ) : (
        <dl class="facts decisions">
          {shares.map((each) => (
            <div>
              <dt>
                <Dot tone={each.tone} /> {each.name}
              </dt>
              <dd>
                <Count value={each.count} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </article>
  )
}

function Dot({ tone }: { readonly tone: string }) {
  return (
    <svg class={`tone-${tone}`} viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
      <circle cx="4" cy="4" r="4" />
    </svg>
  )
}

function Asks({ asks }: { readonly asks: ConsentAsked | null }) {
  if (!asks) return <p class="hint asks">It asks for nothing by now, or is off.</p>
  const { categories, require, when } = asks
  return (
    <p class="asks">
      {categories.length === 1 ? 'Needs' : require === 'all' ? 'Needs each of' : 'Needs one of'}{' '}
      {categories.map((category, at) => (
        <>
          {at > 0 ? (require === 'all' ? ' and ' : ' or ') : ''}
          <b>{category}</b>
        </>
      ))}
      .{' '}
      <span class="hint">
        {unansweredText(asks)}
        {when === null ? null : (
          <>
            {' '}
            Asked for only where <code>{when}</code>.
          </>
        )}
      </span>
    </p>
  )
}

function unansweredText({ unknown, hold_ms }: ConsentAsked): string {
  if (unknown === 'hold')
    return `Without an answer an event is held, for ${duration(hold_ms)} at the most.`
  return unknown === 'deny'
    ? 'Without an answer an event is left out.'
    : 'Without an answer an event is sent.'
}
