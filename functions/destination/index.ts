// The destination function: canonicalises what Segment hands over and sends it to the store, signed. Holds no state.
import type { BatchEntry } from '../../core/batch.ts'
import { canonicalise } from '../../core/canonicalise.ts'
import { isJsonObject } from '../../core/json.ts'
import { isOwnReturn } from '../../core/loop-mark.ts'
import table from '../../mappings/events.yaml'
import { protect } from '../../mappings/pii.yaml'
import { type HostResult, host } from '../host.ts'
import { send } from './send.ts'
import { type DestinationSettings, readSettings } from './settings.ts'

type Settings = Parameters<typeof readSettings>[0]

export const onTrack = handleOne
export const onIdentify = handleOne
export const onPage = handleOne
export const onScreen = handleOne
export const onGroup = handleOne
export const onAlias = handleOne
export const onDelete = handleOne

/** Results by position: what is filtered here counts as delivered, for it is meant to end here. */
export async function onBatch(
  events: readonly unknown[],
  settings: Settings,
): Promise<HostResult[]> {
  const known = readSettings(settings)
  const results: HostResult[] = events.map(() => ({ status: 200 }))
  const entries: BatchEntry[] = []
  const places: number[] = []
  events.forEach((event, place) => {
    const entry = entryOf(event, known, settings)
    if (entry === 'filtered') return
    if (entry === 'unsupported') {
      results[place] = {
        status: 400,
        errormessage: 'not a Segment message: want an object with a known type',
      }
      return
    }
    entries.push(entry)
    places.push(place)
  })
  if (entries.length === 0) return results
  const answers = await send(entries, known)
  places.forEach((place, at) => {
    const answer = answers[at]
    if (answer) results[place] = answer
  })
  return results
}

async function handleOne(event: unknown, settings: Settings): Promise<void> {
  const known = readSettings(settings)
  const entry = entryOf(event, known, settings)
  if (entry === 'filtered') return
  if (entry === 'unsupported') throw host.unsupported('want a message of a type Segment knows')
  const [result] = await send([entry], known)
  if (!result || result.status === 200) return
  const message = `Message "${entry.canonical?.message_id ?? String(entry.message.messageId)}": ${result.errormessage}`
  throw result.status >= 500 ? host.retry(message) : host.invalid(message)
}

function entryOf(
  event: unknown,
  { allowlist }: DestinationSettings,
  settings: Settings,
): BatchEntry | 'filtered' | 'unsupported' {
  if (!isJsonObject(event) || typeof event.type !== 'string') return 'unsupported'
  if (isOwnReturn(event)) return 'filtered'
  if (allowlist && event.type === 'track' && !allowlist.has(String(event.event))) return 'filtered'
  return canonicalise(protect(event, 'tracklayer', settings), table)
}
