// The secret of keyed PII actions, which the Action Destination has no setting for: nothing leaves unprotected.
import { TrackLayerError } from '../../core/errors.ts'

/** @throws TrackLayerError SETTINGS_INVALID, always */
export function piiKeyOf(): never {
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    'mappings/pii.yaml has keyed actions, which need the setting piiKey of a function; put the insert function before this destination, or use hash',
  )
}
