// Click and browser ids of the ad platforms: from the context, the properties, and the landing page's address.
import { isJsonObject, type JsonObject, textOf } from './json.ts'

// Parameters the platforms document: Google gclid, gbraid, wbraid, dclid; Meta fbclid; TikTok ttclid; Microsoft
// msclkid; Pinterest epik; Snapchat ScCid; Reddit rdt_cid; LinkedIn li_fat_id; X twclid.
const PARAMETERS: ReadonlySet<string> = new Set([
  'gclid',
  'gbraid',
  'wbraid',
  'dclid',
  'fbclid',
  'ttclid',
  'msclkid',
  'epik',
  'ScCid',
  'rdt_cid',
  'li_fat_id',
  'twclid',
])
type ClickIds = Record<string, string>

/** The ids found, or undefined when there are none. An id sent by name wins over one in the address. */
export function clickIdsOf(context: JsonObject, properties: JsonObject): ClickIds | undefined {
  let found = fromAddress(isJsonObject(context.page) ? context.page : undefined)
  // Sent by the page itself: the platforms' first-party cookies (Meta fbp and fbc, TikTok ttp) and the commonest ids.
  found = withId(found, 'fbp', context.fbp || properties.fbp)
  found = withId(found, 'fbc', context.fbc || properties.fbc)
  found = withId(found, 'ttp', context.ttp || properties.ttp)
  found = withId(found, 'gclid', context.gclid || properties.gclid)
  found = withId(found, 'ttclid', context.ttclid || properties.ttclid)
  if (isJsonObject(context.click_ids)) {
    for (const name in context.click_ids) found = withId(found, name, context.click_ids[name])
  }
  return found
}

function withId(found: ClickIds | undefined, name: string, sent: unknown): ClickIds | undefined {
  const id = textOf(sent)
  if (id === null || name === '__proto__') return found
  const ids = found ?? {}
  ids[name] = id
  return ids
}

// Walks the query by hand: this runs for every event, and a pattern over the whole address costs ten times as much.
function fromAddress(page: JsonObject | undefined): ClickIds | undefined {
  const search = page?.search
  const address = typeof search === 'string' && search !== '' ? search : page?.url
  if (typeof address !== 'string') return undefined
  let found: ClickIds | undefined
  let start = address.indexOf('?') + 1
  while (start > 0 && start < address.length) {
    let end = address.indexOf('&', start)
    if (end < 0) end = address.length
    const equals = address.indexOf('=', start)
    if (equals > start && equals < end && PARAMETERS.has(address.slice(start, equals))) {
      found = withId(found, address.slice(start, equals), decoded(address.slice(equals + 1, end)))
    }
    start = end + 1
  }
  return found
}

// A truncated escape is common in logged addresses; the id is then used as it stands.
function decoded(escaped: string): string {
  const value = escaped.includes('#') ? escaped.slice(0, escaped.indexOf('#')) : escaped
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
