// One form for every fault of a trigger: what is wrong, where, and what to write.
import { TrackLayerError } from '../../errors.ts'

/** A place in a trigger, in characters from its start. */
export type Offset = number

export type RefuseTrigger = (at: Offset, message: string) => never

export function createRefusal(fql: string): RefuseTrigger {
  return (at, message) => {
    const rest = fql.slice(at, at + 24).trim()
    const place = rest === '' ? 'at its end' : `at character ${at + 1} (${rest})`
    throw new TrackLayerError('MAPPING_INVALID', `The trigger is no FQL ${place}: ${message}`)
  }
}
