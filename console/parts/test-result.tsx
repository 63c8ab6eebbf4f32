// What became of a test event: what was sent and answered, and whether it counts.
import type { TestAnswer } from '../api-types.ts'
import { JsonView, reasonText } from './words.tsx'

export function TestResult({ tried }: { readonly tried: TestAnswer }) {
  const { outcome, counts, says, exchanges, faults } = tried
  const isGood = outcome === 'delivered' && faults.length === 0
  return (
    <section class="panel" aria-labelledby="tried">
      <header class="panel-head">
        <h2 id="tried">Test event: {titleOf(tried)}</h2>
        {exchanges.length > 0 ? (
          <span class={counts ? 'tag tag-paused' : 'tag'}>
            {counts ? 'counts at the platform' : 'does not count'}
          </span>
        ) : null}
      </header>
      <p class={isGood ? 'hint pad' : 'warning pad'}>
        {exchanges.length > 0 ? says : 'Nothing was sent.'}
        {faults.map((fault) => ` The platform finds: ${fault}.`)}
      </p>
      {exchanges.map(({ request, status, response }, at) => (
        <div class="exchange">
          <div>
            <h4>
              {request.method} {request.url}
            </h4>
            <JsonView value={request.body} label={`Request ${at + 1}`} />
          </div>
          <div>
            <h4>
              Answered{' '}
              <span class={status < 300 ? 'status status-good' : 'status status-bad'}>
                {status}
              </span>
            </h4>
            {response ? (
              <JsonView value={parsed(response)} label={`Answer ${at + 1}`} />
            ) : (
              <p class="hint">empty</p>
            )}
          </div>
        </div>
      ))}
    </section>
  )
}

function titleOf({ outcome, reason, faults }: TestAnswer): string {
  const why = reason ? reasonText(reason) : ''
  switch (outcome) {
    case 'delivered':
      return faults.length === 0 ? 'the platform took it' : 'it would not count as it is'
    case 'filtered':
      return `not meant for it: ${why}`
    case 'held':
      return `it would wait: ${why}`
    case 'unknown':
      return `sent, and the answer was lost: ${why}`
    case 'failed':
      return `not taken: ${why}`
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text // an answer need not be JSON
  }
}
