// Every stable code: what it means, what is likely behind it, what to do.
import { type CodeText, errorsOf, operationsOf } from '../api-document.ts'
import { DocsFrame } from '../parts/docs-frame.tsx'
import { Id } from '../parts/words.tsx'
import { type ApiDocsProps, OperationRow } from './api-docs.tsx'

export function CodesPage({ document, ...frame }: ApiDocsProps) {
  return (
    <DocsFrame {...frame} title="Codes" at="/docs/errors">
      {document['x-codes'].map(({ name, where, codes }, at) => (
        <section class="panel" aria-labelledby={`group-${at}`}>
          <header class="panel-head">
            <h2 id={`group-${at}`}>{name}</h2>
            <p class="hint">{where}</p>
          </header>
          <ul class="operations">
            {Object.entries(codes).map(([code, { means }]) => (
              <li>
                <a href={`/docs/errors/${code}`}>
                  <Id>{code}</Id>
                  <span class="operation-summary">{means}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <p class="hint">
        A delivery that is dead or unknown carries the platform’s own words instead of a code; its
        message’s page shows what was sent and what came back.
      </p>
    </DocsFrame>
  )
}

const RETRY: Readonly<Record<CodeText['retry'], string>> = {
  yes: 'Yes: the same request may succeed later, unchanged.',
  no: 'No: nothing changes until something is mended.',
  by_itself: 'Nothing to do: TrackLayer goes on by itself.',
}

export type CodePageProps = ApiDocsProps & {
  readonly group: ApiDocsProps['document']['x-codes'][number]
  readonly code: string
}

export function CodePage({ document, group, code, ...frame }: CodePageProps) {
  const { means, cause, fix, retry } = group.codes[code] as CodeText
  const from = operationsOf(document).filter(({ operation }) =>
    errorsOf(operation).some((each) => each.code === code),
  )
  return (
    <DocsFrame {...frame} title={code} at={`/docs/errors/${code}`}>
      <section class="panel pad-all" aria-label="About this code">
        <p class="code-meaning">{means}</p>
        <dl class="code-facts">
          <dt>Found in</dt>
          <dd>{group.where}</dd>
          <dt>Likely cause</dt>
          <dd>{cause}</dd>
          <dt>What to do</dt>
          <dd>{fix}</dd>
          <dt>Try again?</dt>
          <dd>{RETRY[retry]}</dd>
        </dl>
      </section>
      {from.length === 0 ? null : (
        <section class="panel" aria-labelledby="from">
          <header class="panel-head">
            <h2 id="from">Where it comes from</h2>
          </header>
          <ul class="operations">
            {from.map((each) => (
              <OperationRow {...each} />
            ))}
          </ul>
        </section>
      )}
    </DocsFrame>
  )
}
