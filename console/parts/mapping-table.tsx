// What the mapping made of each property: kept, renamed, read as a number, or made.

import type { JsonObject } from '../../core/json.ts'
import { isObject, originOf } from '../property-origins.ts'
import { RowLink } from './mappings-frame.tsx'

export function MappingTable({
  raw,
  canonical,
}: {
  readonly raw: JsonObject
  readonly canonical: JsonObject
}) {
  const before = isObject(raw.properties) ? raw.properties : {}
  const after = isObject(canonical.properties) ? canonical.properties : {}
  const names = Object.keys(after)
  if (names.length === 0) return null
  return (
    <section class="panel" aria-labelledby="mapped">
      <header class="panel-head">
        <h2 id="mapped">What the mapping changed</h2>
        <p class="hint">
          row <RowLink event={String(canonical.segment_event)} />
        </p>
      </header>
      <section class="scroll" tabindex={0} aria-labelledby="mapped">
        <table class="mapped">
          <thead>
            <tr>
              <th scope="col">Canonical</th>
              <th scope="col">Value</th>
              <th scope="col">Came from</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => {
              const { how, from } = originOf(name, after[name], before)
              return (
                <tr class={how === 'kept' ? 'kept' : ''}>
                  <th scope="row">
                    <code>{name}</code>
                  </th>
                  <td>
                    <code>{shortened(after[name])}</code>
                  </td>
                  <td>
                    {how === 'kept' ? (
                      <span class="hint">as sent</span>
                    ) : how === 'made' ? (
                      <span class="tag">made by the row</span>
                    ) : (
                      <>
                        <span class="tag tag-changed">{how}</span>{' '}
                        {from.map((key) => (
                          <code>
                            {key} {shortened(before[key])}
                          </code>
                        ))}
                      </>
                    )}
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </section>
    </section>
  )
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? ''
  return text.length > 90 ? `${text.slice(0, 88)}…` : text
}
