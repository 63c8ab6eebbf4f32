// The form of mappings/pii.lock.yaml: what was agreed to reach each destination.
import { z } from 'zod'
import { parseYamlFile } from '../yaml-file.ts'
import type { Leaks } from './leaks.ts'

const lockFile = z.record(
  z.string(),
  z.array(z.string(), { error: 'want a list of field names, e.g. [email]' }),
  { error: 'want destination names, each with a list of fields' },
)

/** @throws TrackLayerError MAPPING_INVALID naming file, line, place and fix for every fault */
export function parsePiiLock(text: string, file: string): Leaks {
  return parseYamlFile(text, file, lockFile, (path) => path.join('.') || 'top level').data
}
