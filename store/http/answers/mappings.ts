// What /v1/mappings and what is below it answer.
import { z } from 'zod'
import { at, count, environment, messageId, object, text } from './leaves.ts'

const version = text('2026-11-22+3f9c2a')

const row = z
  .object({
    event: text('Order Completed', 'Exact name in Segment.'),
    canonical: text('purchase'),
    downstream: text('Purchase'),
    conversion: z.boolean(),
    reverses: z.object({ event: text('purchase'), takes: z.enum(['value', 'whole']) }).nullable(),
    transforms: z.array(text('money')),
    properties: z
      .record(
        z.string(),
        z.object({
          read: text('number', 'How it is read.'),
          from: z
            .array(text('revenue'))
            .meta({ description: 'Renamed to it; the first readable one gives the value.' }),
          else: z.array(text('total')).meta({
            description: 'May give the value when `from` does not, and pass through all the same.',
          }),
          transform: text('money', 'The shared transform it comes from.').nullable(),
        }),
      )
      .meta({ description: 'By canonical property.' }),
    event_id: text('{order_id}', 'The row’s own template.').nullable(),
    dedup: z
      .array(text('{order_id}'))
      .meta({ description: 'Templates, the first one that resolves.' }),
    line: count(12, 'Of the file, from 1.'),
  })
  .meta({ id: 'MappingRow' })

export const mappingTable = z
  .object({
    environment,
    is_in_force: z.boolean(),
    version,
    file: text('mappings/events.yaml'),
    rows: z.array(row),
  })
  .meta({ id: 'MappingTable' })

export const mappingVersions = z.object({
  environment,
  versions: z.array(
    z
      .object({
        version,
        is_in_force: z.boolean(),
        started: z
          .object({ first_at: at(), last_at: at() })
          .nullable()
          .meta({ description: 'When a store started with it; null where none had the table.' }),
        seen: z
          .object({
            messages: count(1280),
            first_at: at(),
            last_at: at(),
            example: messageId,
          })
          .nullable()
          .meta({ description: 'What came under it; null when nothing did.' }),
      })
      .meta({ id: 'MappingVersion' }),
  ),
})

const path = text('properties.value.from[0]')

export const mappingDifference = z
  .object({
    environment,
    before: version,
    after: version,
    added: z.array(row),
    removed: z.array(row),
    changed: z.array(
      z.object({
        event: text('Order Completed'),
        differences: z.array(
          z.union([
            z.object({ kind: z.literal('changed'), path, before: z.unknown(), after: z.unknown() }),
            z.object({ kind: z.literal('added'), path, after: z.unknown() }),
            z.object({ kind: z.literal('removed'), path, before: z.unknown() }),
          ]),
        ),
      }),
    ),
  })
  .meta({ id: 'MappingDifference' })

export const unmappedNames = z.object({
  environment,
  names: z.array(
    z
      .object({
        event: text('order completed'),
        count: count(3),
        first_seen_at: at(),
        last_seen_at: at(),
        example: messageId,
        kind: z.enum(['case', 'unmapped']),
        problem: text('has no row in mappings/events.yaml'),
        fix: text('send "Order Completed"', 'One line: what to change, and where.'),
        row: text('- event: Video Played', 'As it would stand in mappings/events.yaml.').optional(),
        similar_to: text('Order Completed').nullable(),
      })
      .meta({ id: 'UnmappedName' }),
  ),
})

const mapping = object({ email: { '@path': '$.user.email' } }, 'Directives of the mapping kit.')

export const destinationMappings = z.object({
  environment,
  destinations: z.array(
    z
      .object({
        name: text('meta'),
        definition: text('meta-conversions'),
        receives: z.enum(['events', 'audiences']),
        mapping,
        subscriptions: z
          .array(
            z.object({
              name: text('Purchases'),
              trigger: text('event = "purchase"', 'FQL over the canonical event.'),
              action: text('purchase'),
              mapping,
            }),
          )
          .meta({ description: 'The first one whose trigger matches is the event’s.' }),
      })
      .meta({ id: 'DestinationMapping' }),
  ),
})
