// Takes back what the last deploy did, newest first. Each step leaves the journal when it is done, so this too is run again
// after a failure.
import { type JsonObject, objectAt } from '../../core/json.ts'
import type { PublicApi } from '../segment/public-api.ts'
import { deployFunction } from './functions.ts'
import { kindOf } from './kinds.ts'
import type { JournalEntry, StateFile } from './state.ts'

export interface Undone {
  readonly title: string
  readonly what: string
}

/** What would be done, or was done; an aborted signal leaves the rest in the journal. */
export async function rollback(
  api: PublicApi,
  file: StateFile,
  isDryRun: boolean,
  onUndone: (undone: Undone) => void = () => {},
  signal?: AbortSignal,
): Promise<readonly Undone[]> {
  const undone: Undone[] = []
  for (const entry of [...file.read().journal].reverse()) {
    if (signal?.aborted) break
    const step = { title: entry.title, what: describe(entry) }
    if (!isDryRun) {
      await undo(api, entry)
      forget(file, entry)
    }
    undone.push(step)
    onUndone(step)
  }
  return undone
}

function describe({ action, kind, path, before }: JournalEntry): string {
  if (path === null)
    return 'nothing: it is not known whether Segment made it; deploy again first to find out'
  if (action === 'create')
    return { delete: 'deleted', disable: 'switched off', keep: 'stays, unused' }[kindOf(kind).undo]
  if (kind === 'function' && !before?.versionId)
    return 'name and settings as before; nothing was deployed before'
  return kind === 'function' ? 'the code, name and settings as before' : 'as before, secrets aside'
}

async function undo(api: PublicApi, entry: JournalEntry): Promise<void> {
  const { action, kind, path, before } = entry
  if (path === null) return
  const { alpha, paced, isWrapped, undo: how } = kindOf(kind)
  if (action === 'create') {
    if (how === 'delete') await remove(api, path, { alpha, paced })
    if (how === 'disable') await api.send('PATCH', path, { enabled: false })
    return
  }
  if (kind === 'function') return undoFunction(api, path, before ?? {})
  if (kind === 'rules') return void (await api.send('PUT', path, before ?? {}))
  const body = before ?? {}
  await api.send('PATCH', path, isWrapped ? { input: body } : body, { alpha, paced })
}

// What is gone already needs no more.
async function remove(
  api: PublicApi,
  path: string,
  options: { readonly alpha: boolean; readonly paced: boolean },
): Promise<void> {
  const plain = path.split('?')[0] ?? path
  const isLink = plain !== path
  if (!isLink && !(await api.get(path, options))) return
  await api.send('DELETE', path, undefined, options)
}

// A restored version is a copy and becomes the latest; it runs once it is deployed.
async function undoFunction(api: PublicApi, path: string, before: JsonObject): Promise<void> {
  const { versionId, ...rest } = before
  await api.send('PATCH', path, rest)
  if (typeof versionId !== 'string') return
  const answer = await api.send('POST', `${path}/versions`, { versionId }, { alpha: true })
  await deployFunction({ api }, path)
  const code = objectAt(answer, 'version')?.code
  const now = objectAt(await api.get(path), 'function')?.code
  if (typeof code === 'string' && code !== now)
    throw new Error(`${path} does not read back as restored`)
}

// The fingerprints of its secrets go with it: the next deploy writes them again.
function forget(file: StateFile, entry: JournalEntry): void {
  const state = file.read()
  const { [entry.key]: placed, ...others } = state.resources
  const isGone = entry.action === 'create' && kindOf(entry.kind).undo === 'delete'
  const resources = placed && !isGone ? { ...others, [entry.key]: placed } : others
  const journal = state.journal.filter((each) => !isSame(each, entry))
  // What is left of the journal is still to be taken back: a deploy in between goes on with it.
  file.write({ ...state, resources, journal, isComplete: journal.length === 0 })
}

function isSame(a: JournalEntry, b: JournalEntry): boolean {
  return a.key === b.key && a.action === b.action
}
