// A Segment message again, from the fields of a mapping.
import type { Data } from './contract.ts'

export interface Envelope {
  readonly user_id?: string
  readonly anonymous_id?: string
  readonly timestamp?: string
  readonly message_id?: string
  readonly context?: { readonly [key: string]: unknown } | null
  readonly envelope?: { readonly [key: string]: unknown }
  readonly loop_mark?: { readonly [key: string]: unknown } | null
}

/** What the mapping gave, and nothing it left out. @param call the type of the call, and what is particular to it */
export function messageOf(payload: Envelope, call: Data): Data {
  return {
    ...payload.envelope,
    ...defined({
      messageId: payload.message_id,
      userId: payload.user_id,
      anonymousId: payload.anonymous_id,
      timestamp: payload.timestamp,
      context: contextOf(payload),
    }),
    ...defined(call),
  }
}

// A mapping may leave out the context; what came from TrackLayer stays marked all the same.
function contextOf({ context, loop_mark }: Envelope): Data | undefined {
  if (!loop_mark) return context ?? undefined
  return { ...context, tracklayer: loop_mark }
}

/** Without what is undefined, or is empty text: null ids become that on their way through a mapping. */
function defined(fields: Data): Data {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
  )
}
