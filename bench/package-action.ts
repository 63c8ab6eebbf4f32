// Meta's purchase as @segment/action-destinations has it: mapping, validation and building as published, with the
// defaults of its own fields, and an instant answer in the place of its network.

import definition from '@segment/action-destinations/dist/destinations/facebook-conversions-api'
import { Destination } from '@segment/actions-core'
import type { JsonObject } from '../core/json.ts'

const ACTION = 'purchase2'
const SETTINGS = { pixelId: '1234567890' }

type Definition = ConstructorParameters<typeof Destination>[0]
type Perform = (
  request: (url: string, options: { json?: unknown }) => unknown,
  data: unknown,
) => unknown

// executeAction is protected: a host of its own calls it as its subclass.
class OpenDestination extends Destination<object> {
  run(input: object): Promise<unknown> {
    return this.executeAction(ACTION, input as never)
  }
}

/** Runs one Segment message through executeAction; resolves to the body it would have sent. */
export function createPackageAction(): (message: JsonObject) => Promise<unknown> {
  const original = definition as unknown as Definition
  const action = original.actions[ACTION]
  if (!action) throw new Error(`The package has no action ${ACTION}`)
  const perform = action.perform as unknown as Perform
  let sent: unknown
  const answer = (_url: string, { json }: { json?: unknown }) => {
    sent = json
    return Promise.resolve({ status: 200, data: {} })
  }
  const destination = new OpenDestination({
    // A plain name: the package's own makes a schema key that newer URI parsers refuse.
    ...original,
    name: 'meta',
    actions: {
      [ACTION]: {
        ...action,
        title: 'purchase',
        perform: (_: unknown, data: unknown) => perform(answer, data),
      },
    },
  } as unknown as Definition)
  const defaults = Object.entries(action.fields).flatMap(([name, field]) =>
    field.default === undefined ? [] : [[name, field.default] as const],
  )
  const mapping = {
    ...Object.fromEntries(defaults),
    action_source: 'website',
    __segment_internal_sync_mode: 'add',
  }
  return async (message) => {
    sent = undefined
    const results = await destination.run({ event: message, mapping, settings: SETTINGS })
    if (sent === undefined) throw new Error(`The package sent nothing: ${JSON.stringify(results)}`)
    destination.responses.length = 0
    return sent
  }
}
