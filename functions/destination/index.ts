// The destination function: canonicalises what Segment hands over and sends it to the store, signed. Holds no state.
import { TrackLayerError } from '../../core/errors.ts'
import {
  isStopped,
  type Prepared,
  prepareMessage,
  type SendResult,
  sendPrepared,
} from '../../core/send-messages.ts'
import type { StoreLink } from '../../core/store-link.ts'
import { readStoreSettings } from '../../core/store-settings.ts'
import table from '../../mappings/events.yaml'
import { protect } from '../../mappings/pii.yaml'
import type { HostResult } from '../host.ts'
import * as host from '../host.ts'
import { post } from './post.ts'

type Settings = Parameters<typeof readStoreSettings>[0]

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
  const results = await orRetry(async () => {
    const link = linkOf(settings)
    return sendPrepared(
      events.map((event) => prepare(event, link, settings)),
      link,
    )
  })
  return results.map(hostResult)
}

async function handleOne(event: unknown, settings: Settings): Promise<void> {
  const { prepared, result } = await orRetry(async () => {
    const link = linkOf(settings)
    const one = prepare(event, link, settings)
    const [answer] = await sendPrepared([one], link)
    return { prepared: one, result: answer }
  })
  if (isStopped(prepared)) {
    if (prepared.kind === 'filtered') return
    throw host.unsupported('want a message of a type Segment knows')
  }
  if (!result || isStopped(result) || result.status === 200) return
  const message = `Message "${prepared.canonical?.message_id ?? String(prepared.message.messageId)}": ${result.errormessage}`
  throw result.status >= 500 ? host.retry(message) : host.invalid(message)
}

function prepare(event: unknown, link: StoreLink, settings: Settings): Prepared {
  return prepareMessage(event, {
    table,
    allowlist: link.settings.allowlist,
    protect: (message) => protect(message, 'tracklayer', settings),
  })
}

function linkOf(settings: Settings): StoreLink {
  return { settings: readStoreSettings(settings, 'function'), now: host.now, post }
}

// Whatever core throws may pass later, a mistyped setting too: it must not lose what happens meanwhile (design 3.4).
async function orRetry<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof TrackLayerError) throw host.retry(error.message)
    throw error
  }
}

function hostResult(result: SendResult): HostResult {
  if (!isStopped(result)) {
    const { status, errormessage } = result
    return errormessage === undefined ? { status } : { status, errormessage }
  }
  return result.kind === 'filtered' ? { status: 200 } : { status: 400, errormessage: result.reason }
}
