// Segment's side of the chain: what is deployed is what was built and what is wanted.
import { createHash } from 'node:crypto'
import { messageOf } from '../../core/errors.ts'
import { secretFingerprint } from '../../core/secret-fingerprint.ts'
import type { Resource } from '../deploy/resource.ts'
import { deploy, type Step } from '../deploy/run.ts'
import { tellChange } from '../deploy/show.ts'
import type { StateFile } from '../deploy/state.ts'
import type { PublicApi } from '../segment/public-api.ts'
import { type Finding, failed, ok, warning } from './check.ts'

export interface WorkspaceSide {
  readonly api: PublicApi
  readonly workspaceName: string
  readonly resources: readonly Resource[]
  readonly stateFile: StateFile
  /** Newest first. */
  readonly liveSecrets: readonly string[]
}

export async function checkWorkspace(side: WorkspaceSide): Promise<Finding[]> {
  const { api, workspaceName, resources, stateFile } = side
  try {
    const steps = await deploy({ api, workspaceName, resources, stateFile, isDryRun: true })
    const codes = new Map(resources.map(({ key, code }) => [key, code]))
    return steps.map((step) => findingOf(step, codes.get(step.key), side))
  } catch (error) {
    return [failed('workspace', messageOf(error), 'tracklayer deploy --dry-run says more')]
  }
}

function findingOf(step: Step, code: string | undefined, side: WorkspaceSide): Finding {
  const { title, action, changes } = step
  if (action === 'none') {
    return ok(
      title,
      `as wanted${code === undefined ? '' : `, code sha256 ${sha(code)} as in dist`}`,
    )
  }
  if (action === 'create') return failed(title, 'is not in the workspace', 'tracklayer deploy')
  if (action === 'retire') return warning(title, 'is on and no longer wanted', 'tracklayer deploy')
  if (changes.every(({ field }) => field === 'deployed')) {
    const fix = 'tracklayer deploy; if that leaves it so, Save & Deploy in the Functions editor'
    return failed(title, 'the latest code is saved and not deployed', fix)
  }
  const older = side.liveSecrets.slice(1).map((secret) => `secret ${secretFingerprint(secret)}`)
  const isRotating = changes.every(
    ({ field, from }) => field === 'settings.secret' && older.includes(String(from)),
  )
  if (isRotating) return warning(title, 'signs with an older live secret', 'tracklayer keys rotate')
  return failed(title, changes.map(tellChange).join('; '), 'tracklayer deploy')
}

function sha(code: string): string {
  return createHash('sha256').update(code).digest('hex').slice(0, 12)
}
