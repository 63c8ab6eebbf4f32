import type { ActionDefinition } from '@segment/actions-core'
import { buildRestatement } from '../build-event.ts'
import { type Build, deliverBatch, deliverOne } from '../deliver.ts'
import { batchingFields, conversionFields, identityFields } from '../fields.ts'
import type { Settings } from '../generated-types.ts'
import type { Payload } from './generated-types.ts'

const build: Build<Payload> = buildRestatement

// Page "Conversion adjustments": the API knows restatements and no retractions. A full refund leaves the conversion
// counted with the value 0. An unknown transactionId makes a new conversion, so only refunds of orders that were
// uploaded belong here.
const action: ActionDefinition<Settings, Payload> = {
  title: 'Restate conversion',
  description:
    'Overwrites the value of a conversion that was uploaded before, after a refund or a change of the order. The new value is what is left of the order, not what was paid back.',
  defaultSubscription: 'tracklayer_event = "refund"',
  fields: {
    ...conversionFields,
    conversion: {
      label: 'Conversion',
      description: 'Name of the conversion to restate, as the setting "Conversion actions" has it.',
      type: 'string',
      default: 'purchase',
    },
    ...identityFields,
    transaction_id: {
      label: 'Transaction id',
      description: 'The transaction id that the conversion was uploaded with: the order id.',
      type: 'string',
      required: true,
      default: { '@path': '$.properties.order_id' },
    },
    restated_value: {
      label: 'Restated value',
      description: 'What the order is still worth after the refund; 0 when all was paid back.',
      type: 'number',
      required: true,
      default: { '@path': '$.properties.remaining_value' },
    },
    currency: {
      label: 'Currency',
      description: 'Currency of the value, ISO 4217. Required unless the value is 0.',
      type: 'string',
      default: { '@path': '$.properties.currency' },
    },
    ...batchingFields,
  },
  perform: (request, input) => deliverOne(request, input, build),
  performBatch: (request, input) => deliverBatch(request, input, build),
}

export default action
