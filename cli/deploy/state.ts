// What a deploy remembers: where each thing stands in the workspace, digests of the secrets it wrote (Segment never shows
// them again), and a journal of its last run for `--rollback`. No secret is in it, so it may be kept in a repository.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { TrackLayerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Kind } from './kinds.ts'

export interface Placed {
  readonly kind: Kind
  readonly title: string
  readonly id: string
  /** Path of it in the API. */
  readonly path: string
  /** Setting → fingerprint of the secret last written. */
  readonly secrets: Readonly<Record<string, string>>
}

export interface JournalEntry {
  readonly key: string
  readonly kind: Kind
  readonly title: string
  readonly action: 'create' | 'update'
  /** Null while it is not known whether a creation was done. */
  readonly path: string | null
  /** What stood before, secrets left out; null for a creation. */
  readonly before: JsonObject | null
}

export interface DeployState {
  readonly workspaceId: string
  readonly environment: string
  readonly resources: Readonly<Record<string, Placed>>
  /** Oldest first. */
  readonly journal: readonly JournalEntry[]
  /** False while a deploy is under way or ended half-way: the next one goes on with its journal. */
  readonly isComplete: boolean
}

export interface StateFile {
  read(): DeployState
  write(state: DeployState): void
}

export function openStateFile(file: string, workspaceId: string, environment: string): StateFile {
  return {
    read() {
      const state = parse(file)
      if (!state) {
        return { workspaceId, environment, resources: {}, journal: [], isComplete: true }
      }
      if (state.workspaceId === workspaceId && state.environment === environment) return state
      throw new TrackLayerError(
        'SETTINGS_INVALID',
        `${file} is of another workspace or environment (${state.workspaceId}, ${state.environment}); choose another with --state`,
      )
    },
    write(state) {
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`)
      renameSync(`${file}.new`, file)
    },
  }
}

function parse(file: string): DeployState | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DeployState
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new TrackLayerError('SETTINGS_INVALID', `${file} cannot be read; move it away`, {
      cause: error,
    })
  }
}
