// Makes the workspace what is wanted: look, compare, write what differs, look again. Every write is in the journal before it is
// sent and the state after it came back, so that a deploy that fails anywhere is run again and goes on.
import { TrackLayerError } from '../../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { secretFingerprint } from '../../core/secret-fingerprint.ts'
import type { PublicApi } from '../segment/public-api.ts'
import { type KINDS, kindOf } from './kinds.ts'
import {
  type Change,
  changesOf,
  NotByApi,
  type Resource,
  type Run,
  type Standing,
} from './resource.ts'
import type { DeployState, JournalEntry, StateFile } from './state.ts'

export interface DeployOptions {
  readonly api: PublicApi
  readonly workspaceName: string
  readonly resources: readonly Resource[]
  readonly stateFile: StateFile
  readonly isDryRun: boolean
  /** The resources are a part of what is wanted: leave everything else as it is. */
  readonly isPart?: boolean
  readonly onStep?: (step: Step) => void
  /** Aborted, no further step is begun, and the deploy stays one to go on with. */
  readonly signal?: AbortSignal
}

export interface Step {
  readonly key: string
  readonly title: string
  /** `retire`: an earlier deploy made it, it is no longer wanted and is switched off. */
  readonly action: 'none' | 'create' | 'update' | 'retire' | 'by hand'
  readonly changes: readonly Change[]
  /** What is left to a person. */
  readonly clicks: readonly string[]
}

/** @throws TrackLayerError of the first step that fails; what came before stays and is not done again */
export async function deploy(options: DeployOptions): Promise<readonly Step[]> {
  const { api, workspaceName, stateFile, isDryRun, onStep } = options
  const standings = new Map<string, Standing>()
  const memory = createMemory(stateFile, isDryRun)
  const run: Run = { api, workspaceName, standings, placed: (key) => memory.state().resources[key] }
  const steps: Step[] = []
  const add = (step: Step) => {
    steps.push(step)
    onStep?.(step)
  }
  const skipped = new Set<string>()
  for (const resource of options.resources) {
    if (options.signal?.aborted) return steps
    if (!isDryRun && resource.needs.some((key) => skipped.has(key))) {
      skipped.add(resource.key)
      continue
    }
    const step = await settle(resource, run, standings, memory, isDryRun)
    if (step.action === 'by hand' && !standings.has(resource.key)) skipped.add(resource.key)
    add(step)
  }
  const wanted = new Set(options.resources.map(({ key }) => key))
  if (!options.isPart) for (const step of await retire(api, wanted, memory, isDryRun)) add(step)
  memory.complete()
  return steps
}

async function settle(
  resource: Resource,
  run: Run,
  standings: Map<string, Standing>,
  memory: Memory,
  isDryRun: boolean,
): Promise<Step> {
  const { key, title } = resource
  const found = await resource.look(run)
  const clicks: string[] = []
  if (isDryRun) {
    if (found) standings.set(key, found)
    const changes = found
      ? changesBetween(resource, run, found)
      : [...changesOf({}, wantedOrNothing(resource, run)), ...secretChanges(resource, run)]
    const action = found ? (changes.length > 0 ? 'update' : 'none') : 'create'
    return { key, title, action, changes, clicks }
  }
  try {
    const standing = found ?? (await create(resource, run, memory))
    const changes = changesBetween(resource, run, standing)
    standings.set(key, standing)
    if (changes.length === 0) {
      memory.place(resource, standing)
      return step(resource, found ? 'none' : 'create', [], [])
    }
    if (found) memory.begin(entryOf(resource, 'update', standing.path, standing.before))
    await resource.update(run, standing, changes)
    memory.place(resource, standing)
    const { standing: after, clicks: left } = await readBack(resource, run)
    standings.set(key, after)
    // What only a person can bring about is no change of ours, today or at the next deploy.
    const done = changes.filter(
      ({ field }) => !resource.byHand?.fields.includes(field) || left.length === 0,
    )
    const action = found ? (done.length > 0 ? 'update' : 'by hand') : 'create'
    return step(resource, action, found ? done : [], left)
  } catch (error) {
    if (!(error instanceof NotByApi)) throw error
    return step(resource, 'by hand', [], [error.message, ...error.clicks])
  }
}

function step(
  { key, title }: Resource,
  action: Step['action'],
  changes: readonly Change[],
  clicks: readonly string[],
): Step {
  return { key, title, action, changes, clicks }
}

async function create(resource: Resource, run: Run, memory: Memory): Promise<Standing> {
  // Before the request: if its answer is lost, what is found next time is known to be ours.
  memory.begin(entryOf(resource, 'create', null, null))
  const path = await resource.create(run).catch((error) => {
    if (error instanceof NotByApi) memory.forget(resource.key)
    throw error
  })
  memory.made(resource.key, path)
  memory.place(resource, { id: '', path, fields: {}, before: {}, shown: {} })
  const standing = await resource.look(run)
  if (!standing)
    throw new TrackLayerError(
      'UNAVAILABLE',
      `Segment took ${resource.title} and does not show it yet; run again`,
    )
  memory.place(resource, standing)
  return standing
}

// Byte for byte: what Segment keeps is what was sent, or the deploy has failed.
async function readBack(
  resource: Resource,
  run: Run,
): Promise<{ standing: Standing; clicks: readonly string[] }> {
  const standing = await resource.look(run)
  if (!standing) throw new TrackLayerError('UNAVAILABLE', `${resource.title} is gone; run again`)
  const left = changesBetween(resource, run, standing).map(({ field }) => field)
  const byHand = resource.byHand
  const wrong = left.filter((field) => !byHand?.fields.includes(field))
  if (wrong.length === 0)
    return { standing, clicks: left.length > 0 && byHand ? byHand.clicks : [] }
  const message = `Segment took ${resource.title} and reads back something else: ${wrong.join(', ')}`
  throw new TrackLayerError('RECEIVER_REJECTED', message)
}

function changesBetween(resource: Resource, run: Run, standing: Standing): Change[] {
  return [...changesOf(standing.fields, resource.wanted(run)), ...secretChanges(resource, run)]
}

// Segment hides secrets, so the digest of the last one written stands for it.
function secretChanges({ key, secrets }: Resource, run: Run): Change[] {
  const known = run.placed(key)?.secrets ?? {}
  return Object.entries(secrets).flatMap(([name, secret]) => {
    const [from, to] = [known[name], secretFingerprint(secret)]
    return from === to
      ? []
      : [{ field: `settings.${name}`, from: shownSecret(from), to: shownSecret(to) }]
  })
}

function shownSecret(fingerprint: string | undefined): string | undefined {
  return fingerprint && `secret ${fingerprint}`
}

// In a dry run of a first deploy, what others are made of is not there to be named.
function wantedOrNothing(resource: Resource, run: Run): JsonObject {
  return resource.needs.every((key) => run.standings.has(key)) || resource.kind !== 'insert'
    ? resource.wanted(run)
    : {}
}

/** Things of earlier deploys that nobody wants any more: switched off, not removed. Functions and sources stay as they are. */
async function retire(
  api: PublicApi,
  wanted: ReadonlySet<string>,
  memory: Memory,
  isDryRun: boolean,
): Promise<Step[]> {
  const steps: Step[] = []
  for (const [key, placed] of Object.entries(memory.state().resources)) {
    const { answer, alpha, paced, isWrapped } = kindOf(placed.kind)
    if (wanted.has(key) || !RETIRED.has(placed.kind)) continue
    const shown = (await api.get(placed.path, { alpha }))?.[answer]
    if (!isJsonObject(shown) || shown.enabled !== true) continue
    const changes: Change[] = [{ field: 'enabled', from: true, to: false }]
    if (!isDryRun) {
      const { kind, title, path } = placed
      memory.begin({ key, kind, title, action: 'update', path, before: { enabled: true } })
      const settings = placed.kind === 'insert' ? { settings: shown.settings as Json } : {}
      const body = { enabled: false, ...settings }
      await api.send('PATCH', path, isWrapped ? { input: body } : body, { alpha, paced })
    }
    steps.push({ key, title: placed.title, action: 'retire', changes, clicks: [] })
  }
  return steps
}

const RETIRED: ReadonlySet<keyof typeof KINDS> = new Set([
  'destination',
  'mapping',
  'filter',
] as const)

function entryOf(
  { key, kind, title }: Resource,
  action: JournalEntry['action'],
  path: string | null,
  before: JsonObject | null,
): JournalEntry {
  return { key, kind, title, action, path, before }
}

interface Memory {
  state(): DeployState
  begin(entry: JournalEntry): void
  made(key: string, path: string): void
  forget(key: string): void
  place(resource: Resource, standing: Standing): void
  complete(): void
}

function createMemory(file: StateFile, isDryRun: boolean): Memory {
  let state = file.read()
  let hasBegun = !state.isComplete
  const save = (next: DeployState) => {
    state = next
    if (!isDryRun) file.write(state)
  }
  // The first write of a deploy begins a new journal; one that ended half-way is gone on with.
  const journal = () => (hasBegun ? state.journal : [])
  return {
    state: () => state,
    begin(entry) {
      const known = journal().some(
        ({ key, action }) => key === entry.key && (action === 'create' || action === entry.action),
      )
      save({ ...state, journal: known ? journal() : [...journal(), entry], isComplete: false })
      hasBegun = true
    },
    made(key, path) {
      const found = (entry: JournalEntry) => entry.key === key && entry.action === 'create'
      save({
        ...state,
        journal: state.journal.map((entry) => (found(entry) ? { ...entry, path } : entry)),
      })
    },
    forget(key) {
      save({ ...state, journal: state.journal.filter((entry) => entry.key !== key) })
    },
    place(resource, { id, path }) {
      const { key, kind, title } = resource
      const known = state.resources[key]
      // Written only after the request that carried the secrets: `id` is empty between a creation and its first look.
      const secrets = Object.fromEntries(
        Object.entries(resource.secrets).map(([name, value]) => [name, secretFingerprint(value)]),
      )
      const placed = { kind, title, id: id || known?.id || '', path, secrets }
      if (JSON.stringify(known) === JSON.stringify(placed)) return
      save({ ...state, resources: { ...state.resources, [key]: placed } })
      adoptCreation(key, path)
    },
    complete() {
      if (!state.isComplete) save({ ...state, isComplete: true })
    },
  }

  // A creation whose answer was lost is found at the next deploy: from then on its place is known to the journal.
  function adoptCreation(key: string, path: string) {
    const open = state.journal.some((entry) => entry.key === key && entry.path === null)
    if (!open) return
    save({
      ...state,
      journal: state.journal.map((entry) =>
        entry.key === key && entry.path === null ? { ...entry, path } : entry,
      ),
    })
  }
}
