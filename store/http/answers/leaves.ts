// What answers are made of. Each leaf carries an example, so that every answer in /openapi.json has one.
import { z } from 'zod'
import { DELIVERY_STATES } from '../../ledger.ts'

export function text(example: string, description?: string) {
  return z.string().meta({ examples: [example], ...(description ? { description } : {}) })
}

export function count(example: number, description?: string) {
  return z
    .number()
    .int()
    .min(0)
    .meta({ examples: [example], ...(description ? { description } : {}) })
}

/** Of a whole: 0 to 1. */
export function share(example: number) {
  return z.number().meta({ examples: [example] })
}

export function at(example = '2026-04-23T10:15:30.000Z') {
  return z.iso.datetime({ offset: true }).meta({ examples: [example] })
}

/** JSON whose keys are not ours to name. */
export function object(example: Readonly<Record<string, unknown>>, description?: string) {
  return z
    .record(z.string(), z.unknown())
    .meta({ examples: [example], ...(description ? { description } : {}) })
}

/** Name → count. */
export function counts(example: Readonly<Record<string, number>>, description?: string) {
  return z
    .record(z.string(), z.number().int())
    .meta({ examples: [example], ...(description ? { description } : {}) })
}

export const environment = text('production')
export const destination = text('meta')
export const messageId = text('msg_01HX9')
export const eventId = text('seg_msg_01HX9')
export const profileId = text('1042')
export const userId = text('cust_10482', 'Masked where it is an address.').nullable()
export const subject = text('profile:1042')
export const reason = text(
  'consent_denied',
  'Of ours (/docs/errors), or what the platform said.',
).nullable()
export const next = text(
  '1041',
  'Give it as `cursor` to get the next page; null on the last one.',
).nullable()
export const state = z.enum(DELIVERY_STATES).meta({ id: 'DeliveryState', examples: ['delivered'] })
export const waitingState = z.enum(['pending', 'retrying', 'held'])
/** What it means that nobody has answered. */
export const unknownConsent = z.enum(['hold', 'deny', 'allow'])
/** Destination → state. */
export const states = z
  .record(z.string(), state)
  .meta({ examples: [{ meta: 'delivered', ga4: 'filtered' }] })

export const series = z
  .array(z.number())
  .meta({ description: 'One number for each bucket, oldest first.', examples: [[0, 4, 2]] })
