// What is answered about the tracking plan and about what the mapping table does not know.
import { z } from 'zod'
import { at, count, environment, messageId, text } from './leaves.ts'

export const violationList = z.object({
  environment,
  violations: z.array(
    z
      .object({
        event: text('Order Completed'),
        type: text('wrong_type'),
        field: text('properties.products.[].price'),
        description: text('want number, is string'),
        count: count(12),
        first_seen_at: at(),
        last_seen_at: at(),
        examples: z.array(messageId),
        fix: text('send properties.products.[].price as number', 'One line: what to change.'),
      })
      .meta({ id: 'Violation' }),
  ),
})

export const coverage = z.object({
  environment,
  findings: z.array(
    z
      .object({
        event: text('order completed'),
        is_mapped: z.boolean(),
        warning: text('properties.price: "free" is no number').nullable(),
        count: count(3),
        example: messageId,
      })
      .meta({ id: 'CoverageFinding' }),
  ),
})
