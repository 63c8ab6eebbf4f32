import type { MappingDifferenceStory, MappingRow, MappingVersion } from '../api-types.ts'
import { MappingsFrame, type MappingsProps, rowAnchor } from '../parts/mappings-frame.tsx'
import { Count, Id, Instant } from '../parts/words.tsx'
import type { Look } from '../viewer.ts'

export interface VersionsProps extends MappingsProps {
  readonly versions: readonly MappingVersion[]
  /** Null where there are no two tables to compare. */
  readonly difference: MappingDifferenceStory | null
}

export function VersionsPage({ versions, difference, ...about }: VersionsProps) {
  const { look } = about.viewer
  const known = versions.filter(({ started }) => started !== null)
  return (
    <MappingsFrame {...about} at="/mappings/versions">
      <section class="panel" aria-labelledby="versions">
        <header class="panel-head">
          <h2 id="versions">Versions</h2>
          <p class="hint">A version is the file’s date and a digest of its content.</p>
        </header>
        <Told versions={versions} />
        <table class="stacked">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col" class="number">
                Events
              </th>
              <th scope="col">Events came under it</th>
              <th scope="col">The store started with it</th>
            </tr>
          </thead>
          <tbody>
            {versions.map((version) => (
              <Version version={version} look={look} />
            ))}
          </tbody>
        </table>
      </section>
      {difference === null ? (
        <p class="hint">
          {known.length === 1 ? 'One table is known so far' : 'No table is known so far'}: once the
          store starts with another, the two are compared here.
        </p>
      ) : (
        <Comparison known={known} difference={difference} />
      )}
    </MappingsFrame>
  )
}

/** What somebody should do about versions; nothing in most weeks. */
function Told({ versions }: { readonly versions: readonly MappingVersion[] }) {
  const inForce = versions.find(({ is_in_force }) => is_in_force)
  const isBehind = inForce && !inForce.seen && versions.some(({ seen }) => seen !== null)
  const strangers = versions.filter(({ started }) => started === null)
  return (
    <>
      {isBehind ? (
        <p class="warning pad">
          No event has come under the version in force: the functions at Segment still have another
          table. Deploy them again with <code>tracklayer deploy</code>.
        </p>
      ) : null}
      {strangers.length === 0 ? null : (
        <p class="warning pad">
          {strangers.map(({ version }) => version).join(', ')}: unknown to this store. Somebody
          deployed a function from another mappings folder. Start the store from that folder, or
          deploy the functions again from this one with <code>tracklayer deploy</code>.
        </p>
      )}
    </>
  )
}

function Version({
  version: one,
  look,
}: {
  readonly version: MappingVersion
  readonly look: Look
}) {
  const { version, is_in_force, started, seen } = one
  return (
    <tr id={version}>
      <th scope="row">
        <code>{version}</code>
        {is_in_force ? <span class="tag tag-goes">in force</span> : null}
        {started === null ? <span class="tag tag-paused">unknown to this store</span> : null}
      </th>
      <td class="number" data-label="Events">
        <Count value={seen?.messages ?? 0} />
      </td>
      <td data-label="Came">
        {seen === null ? (
          <span class="hint">none yet</span>
        ) : (
          <span class="hint">
            <Instant at={seen.first_at} look={look} /> to <Instant at={seen.last_at} look={look} />,
            e.g.{' '}
            <a href={`/messages/${encodeURIComponent(seen.example)}`}>
              <Id>{seen.example}</Id>
            </a>
          </span>
        )}
      </td>
      <td data-label="Store started">
        {started === null ? (
          <span class="hint">never</span>
        ) : (
          <span class="hint">
            <Instant at={started.first_at} look={look} />
            {started.last_at === started.first_at ? null : (
              <>
                , last <Instant at={started.last_at} look={look} />
              </>
            )}
          </span>
        )}
      </td>
    </tr>
  )
}

function Comparison({
  known,
  difference,
}: {
  readonly known: readonly MappingVersion[]
  readonly difference: MappingDifferenceStory
}) {
  const { before, after, added, removed, changed } = difference
  const isSame = added.length + removed.length + changed.length === 0
  return (
    <section class="panel" aria-labelledby="difference">
      <header class="panel-head">
        <h2 id="difference">What changed</h2>
        <form class="row" method="get" action="/mappings/versions" data-submit-on-change>
          <Choice name="before" label="From" value={before} known={known} />
          <Choice name="after" label="To" value={after} known={known} />
          <button type="submit">Compare</button>
        </form>
      </header>
      {isSame ? <p class="hint pad">The rows of both say the same.</p> : null}
      <ul class="groups">
        {added.map((row) => (
          <RowChange row={row} is="added" />
        ))}
        {removed.map((row) => (
          <RowChange row={row} is="removed" />
        ))}
        {changed.map(({ event, differences }) => (
          <li class="row-change" id={`change-${rowAnchor(event)}`}>
            <h3>
              {event} <span class="tag tag-changed">changed</span>
            </h3>
            <table class="difference">
              <caption class="aloud">What the row of {event} says otherwise than before</caption>
              <tbody>
                {differences.map(({ path, before, after }) => (
                  <tr>
                    <th scope="row">
                      <code>{path}</code>
                    </th>
                    <td>{before === undefined ? '' : <del>{JSON.stringify(before)}</del>}</td>
                    <td>{after === undefined ? '' : <ins>{JSON.stringify(after)}</ins>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </li>
        ))}
      </ul>
    </section>
  )
}

interface ChoiceProps {
  readonly name: string
  readonly label: string
  readonly value: string
  readonly known: readonly MappingVersion[]
}

function Choice({ name, label, value, known }: ChoiceProps) {
  return (
    <label>
      <span>{label}</span>
      <select name={name}>
        {known.map(({ version, is_in_force }) => (
          <option value={version} selected={version === value}>
            {version}
            {is_in_force ? ' (in force)' : ''}
          </option>
        ))}
      </select>
    </label>
  )
}

function RowChange({ row, is }: { readonly row: MappingRow; readonly is: 'added' | 'removed' }) {
  const { event, canonical, downstream } = row
  return (
    <li class="row-change" id={`change-${rowAnchor(event)}`}>
      <h3>
        {event}{' '}
        <span class={is === 'added' ? 'tag tag-goes' : 'tag tag-paused'}>
          {is === 'added' ? 'added' : 'removed'}
        </span>
      </h3>
      <p class="hint">
        <code>{canonical}</code>, {downstream} for platforms
      </p>
    </li>
  )
}
