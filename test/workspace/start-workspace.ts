// What every test of this room begins with: a workspace on a virtual clock, closed when the test is over.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { createRandom } from '../../core/clock.ts'
import { createVirtualClock } from '../../workspace/virtual-clock.ts'
import {
  createWorkspace,
  type LogLine,
  type Workspace,
  type WorkspaceOptions,
} from '../../workspace/workspace.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const ROOT = path.join(__dirname, '..', '..')
export const REALM_WORKER_FILE = path.join(ROOT, 'dist', 'workspace', 'realm-worker.js')
export const ANALYTICS_JS_FILE = path.join(
  ROOT,
  'node_modules/@segment/analytics-next/dist/umd/standalone.js',
)

export const WRITE_KEY = 'wk_web'

/** Registers the closing of every workspace of a test file and returns what starts one, with the source `web`. */
export function useWorkspaces() {
  const started: Workspace[] = []
  afterEach(async () => {
    await Promise.all(started.splice(0).map((workspace) => workspace.close()))
  })
  return (options: Partial<WorkspaceOptions> = {}) => {
    const clock = createVirtualClock()
    const lines: LogLine[] = []
    const workspace = createWorkspace({
      clock,
      random: createRandom(7),
      realmWorkerFile: REALM_WORKER_FILE,
      onLog: (line) => lines.push(line),
      ...options,
    })
    started.push(workspace)
    clock.waitFor(workspace.settled)
    workspace.addSource({ name: 'web', writeKey: WRITE_KEY })
    return { workspace, clock, lines, printed: () => lines.map(({ text }) => JSON.parse(text)) }
  }
}

/** A file of test/workspace/functions, as a user would paste it. */
export function functionFile(name: string): string {
  return path.join(__dirname, 'functions', `${name}.js`)
}

/** A function too short for a file of its own, or one that a formatter must not touch. */
export function functionText(code: string): string {
  const file = path.join(temporaryFolder('function'), 'function.js')
  writeFileSync(file, code)
  return file
}

/** A track message. */
export function track(event: string, properties = {}) {
  return { type: 'track', event, userId: 'u1', properties }
}
