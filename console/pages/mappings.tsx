import type { MappingRow, MappingRule, MappingTableStory } from '../api-types.ts'
import { Empty } from '../parts/layout.tsx'
import { MappingsFrame, type MappingsProps, rowAnchor } from '../parts/mappings-frame.tsx'
import { whole } from '../parts/words.tsx'

export interface MappingTableProps extends MappingsProps {
  readonly table: MappingTableStory
  /** What rows are looked for by; empty for all. */
  readonly q: string
}

export function MappingTablePage({ table, q, ...about }: MappingTableProps) {
  const rows = table.rows.filter((row) => isFound(row, q))
  return (
    <MappingsFrame {...about} at="/mappings">
      <form class="filters" method="get" action="/mappings" data-submit-on-change>
        <label class="wide">
          <span>Event, canonical name or property</span>
          <input type="search" name="q" value={q} spellcheck={false} autocomplete="off" />
        </label>
        <button type="submit">Search</button>
        {q ? (
          <a class="clear" href="/mappings">
            Clear
          </a>
        ) : null}
      </form>
      {rows.length === 0 ? (
        <Empty title={`No row has “${q}” in it`}>
          <a href="/mappings">Show all {whole(table.rows.length)} rows</a>, or look among the{' '}
          <a href="/mappings/names">names without a row</a>.
        </Empty>
      ) : (
        <Rows table={table} rows={rows} />
      )}
    </MappingsFrame>
  )
}

function isFound(row: MappingRow, q: string): boolean {
  const { event, canonical, downstream, properties } = row
  const text = JSON.stringify([event, canonical, downstream, properties]).toLowerCase()
  return text.includes(q.toLowerCase())
}

/** So few rows are looked at one by one. */
const FEW = 3

function Rows({
  table: { version, file, rows: all },
  rows,
}: {
  readonly table: MappingTableStory
  readonly rows: readonly MappingRow[]
}) {
  return (
    <section class="panel" aria-labelledby="table">
      <header class="panel-head">
        <h2 id="table">
          {rows.length === all.length
            ? `${whole(all.length)} rows`
            : `${whole(rows.length)} of ${whole(all.length)} rows`}
        </h2>
        <p class="hint">
          version <a href="/mappings/versions">{version}</a>, <code>{file}</code>
        </p>
      </header>
      <p class="hint pad">
        Names are exact. Properties that a row does not list pass as they were sent. An event’s id
        is the sender’s own <code>event_id</code>, else the row’s, else <code>seg_</code> and the
        message id.
      </p>
      <table class="mappings stacked">
        <thead>
          <tr>
            <th scope="col">Segment event</th>
            <th scope="col">Canonical, and for platforms</th>
            <th scope="col">Properties read or renamed</th>
            <th scope="col">One fact by</th>
            <th scope="col" class="number">
              Line
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row row={row} file={file} isOpen={rows.length <= FEW} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

interface RowProps {
  readonly row: MappingRow
  readonly file: string
  readonly isOpen: boolean
}

function Row({ row, file, isOpen }: RowProps) {
  const { event, canonical, downstream, conversion, reverses, line } = row
  const anchor = rowAnchor(event)
  return (
    <tr id={anchor}>
      <th scope="row">
        <a class="plain" href={`#${encodeURIComponent(anchor)}`} title="Link to this row">
          {event}
        </a>
      </th>
      <td>
        <code>{canonical}</code> <span class="hint">{downstream}</span>{' '}
        {conversion ? <span class="tag tag-goes">conversion</span> : null}
        {reverses ? (
          <span class="tag tag-duplicate">
            takes back {reverses.takes === 'whole' ? 'all of' : 'its value of'} {reverses.event}
          </span>
        ) : null}
      </td>
      <td>
        <Properties row={row} isOpen={isOpen} />
      </td>
      <td data-label="One fact by">
        <Fact row={row} />
      </td>
      <td class="number" data-label="Line">
        <code class="hint" title={`${file}:${line}`}>
          {line}
        </code>
      </td>
    </tr>
  )
}

function Properties({ row: { properties }, isOpen }: Omit<RowProps, 'file'>) {
  const rules = Object.entries(properties)
  if (rules.length === 0) return <span class="hint">as sent</span>
  return (
    <details class="rules" open={isOpen}>
      <summary>{rules.map(([name]) => name).join(', ')}</summary>
      <ul>
        {rules.map(([name, rule]) => (
          <li>
            <code>{name}</code> <Rule rule={rule} name={name} />
          </li>
        ))}
      </ul>
    </details>
  )
}

function Rule({ rule, name }: { readonly rule: MappingRule; readonly name: string }) {
  const { read, from, transform } = rule
  const sources = [...(from.length > 0 ? from : [name]), ...rule.else]
  const isInPlace = sources.length === 1 && sources[0] === name
  return (
    <span class="hint">
      {isInPlace ? null : (
        <>
          from{' '}
          {sources.map((source, at) => (
            <>
              {at > 0 ? ', else ' : ''}
              <code>{source === '.' ? 'all properties' : source}</code>
            </>
          ))}
          ,{' '}
        </>
      )}
      read as {read.replaceAll('_', ' ')}
      {transform === null ? '' : ` (${transform})`}
    </span>
  )
}

function Fact({ row: { dedup, event_id } }: { readonly row: MappingRow }) {
  return (
    <>
      {dedup.length === 0 ? <span class="hint">its event id</span> : null}
      {dedup.map((template, at) => (
        <>
          {at > 0 ? <span class="hint"> else </span> : null}
          <code>{template}</code>
        </>
      ))}
      {event_id === null ? null : (
        <span class="hint">
          , event id <code>{event_id}</code>
        </span>
      )}
    </>
  )
}
