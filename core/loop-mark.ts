// The loop guard (design 3.5): what TrackLayer sends back to Segment carries its mark and never comes in again.
import { type JsonObject, objectAt } from './json.ts'

export const LOOP_ORIGIN = 'tracklayer'

export interface LoopMark {
  readonly origin: typeof LOOP_ORIGIN
  readonly environment: string
}

/** True for a message that TrackLayer itself sent to Segment, from whichever account or environment. */
export function isOwnReturn(message: JsonObject): boolean {
  return objectAt(message.context, 'tracklayer')?.origin !== undefined
}
