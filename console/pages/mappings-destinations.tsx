import type { JsonObject } from '../../core/json.ts'
import type { DestinationMapping } from '../api-types.ts'
import { mappedFields } from '../mapped-fields.ts'
import { Empty } from '../parts/layout.tsx'
import { MappingsFrame, type MappingsProps } from '../parts/mappings-frame.tsx'

export interface DestinationMappingsProps extends MappingsProps {
  readonly destinations: readonly DestinationMapping[]
}

export function DestinationMappingsPage({ destinations, ...about }: DestinationMappingsProps) {
  return (
    <MappingsFrame {...about} at="/mappings/destinations">
      {destinations.length === 0 ? (
        <Empty title="No destination is on">
          Give one its settings in the store’s environment; <code>tracklayer store serve</code>{' '}
          prints which are off and what each is missing.
        </Empty>
      ) : (
        destinations.map((destination) => <Destination destination={destination} />)
      )}
    </MappingsFrame>
  )
}

function Destination({ destination }: { readonly destination: DestinationMapping }) {
  const { name, definition, mapping, subscriptions } = destination
  return (
    <section class="panel" id={name} aria-labelledby={`mapping-${name}`}>
      <header class="panel-head">
        <h2 id={`mapping-${name}`}>
          <a class="plain" href={`#${encodeURIComponent(name)}`}>
            {name}
          </a>
        </h2>
        <p class="hint">
          {definition}, <code>mappings/destinations/{name}.yaml</code>
        </p>
      </header>
      {subscriptions.length === 0 ? (
        <p class="hint pad">{withoutSubscriptions(destination)}</p>
      ) : (
        <table class="mappings stacked">
          <thead>
            <tr>
              <th scope="col">Subscription</th>
              <th scope="col">When</th>
              <th scope="col">Action</th>
              <th scope="col">Fields of its own</th>
            </tr>
          </thead>
          <tbody>
            {subscriptions.map(({ name: title, trigger, action, mapping: own }) => (
              <tr>
                <th scope="row">{title}</th>
                <td data-label="When">
                  <code>{trigger}</code>
                </td>
                <td class="whole" data-label="Action">
                  <code>{action}</code>
                </td>
                <td data-label="Fields">
                  <Fields mapping={own} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {Object.keys(mapping).length === 0 ? null : (
        <div class="shared">
          <h3>Fields of every subscription</h3>
          <Fields mapping={mapping} />
        </div>
      )}
    </section>
  )
}

function withoutSubscriptions({ definition, receives }: DestinationMapping): string {
  if (definition === 'segment-return')
    return 'Sends back the conversions that mappings/returns.yaml names, under the names it gives them.'
  return receives === 'audiences'
    ? 'Gets entries and exits of the audiences that name it, in canonical form.'
    : 'Gets every event in canonical form; nothing is mapped for it.'
}

function Fields({ mapping }: { readonly mapping: JsonObject }) {
  const fields = mappedFields(mapping)
  if (fields.length === 0) return <span class="hint">none</span>
  return (
    <details class="rules">
      <summary>{fields.map(({ field }) => field).join(', ')}</summary>
      <ul>
        {fields.map(({ field, source }) => (
          <li>
            <code>{field}</code>{' '}
            <span class="hint">
              from <code>{source}</code>
            </span>
          </li>
        ))}
      </ul>
    </details>
  )
}
