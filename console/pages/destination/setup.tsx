// How a destination is set up: what it gets, how much at once, and under which consent.
import type { DestinationSetup } from '../../api-types.ts'
import { Fact } from '../../parts/destination.tsx'
import { duration } from '../../parts/words.tsx'

const UNKNOWN = {
  hold: 'waits for an answer',
  deny: 'is not sent',
  allow: 'is sent',
} as const

export function Setup({ setup }: { readonly setup: DestinationSetup }) {
  const { definition, receives, concurrency, batch_size, max_age_ms, consent } = setup
  return (
    <section class="panel" aria-labelledby="setup">
      <header class="panel-head">
        <h2 id="setup">How it is set up</h2>
        <p class="hint">
          <code>mappings/destinations/</code>
        </p>
      </header>
      <dl class="facts facts-wide">
        <Fact name="Definition">{definition}</Fact>
        <Fact name="Gets">{receives === 'audiences' ? 'audience changes' : 'events'}</Fact>
        <Fact name="Requests at once">{concurrency}</Fact>
        <Fact name="Events in a request">{batch_size === 1 ? '1' : `up to ${batch_size}`}</Fact>
        <Fact name="Oldest event taken">{max_age_ms === null ? 'any' : duration(max_age_ms)}</Fact>
        <Fact name="Consent">
          {consent === null ? 'not asked for' : consent.categories.join(', ')}
        </Fact>
        {consent ? <Fact name="Without an answer">an event {UNKNOWN[consent.unknown]}</Fact> : null}
      </dl>
    </section>
  )
}
