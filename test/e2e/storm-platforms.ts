// The receivers of a storm: twins of the platforms and a webhook, one event in a request and in batches, each with bad days
// drawn from the seed, and what each of them counted.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { realClock } from '../../cli/clock.ts'
import { createRandom, type Random } from '../../core/clock.ts'
import type { FaultRates, Twin } from '../../workspace/twins/twins.ts'
import { createTwins } from '../../workspace/twins/twins.ts'

const TOKEN = 'storm-token'

export const STORM_DESTINATIONS = [
  'webhook',
  'webhook-batches',
  'meta',
  'tiktok',
  'ga4',
  'klaviyo',
] as const
export type StormDestination = (typeof STORM_DESTINATIONS)[number]

/** Of each request one in five meets something. */
const FAULTS: FaultRates = {
  rate429: 0.05,
  rate500: 0.05,
  resetRate: 0.03,
  lostResetRate: 0.03,
  lostTimeoutRate: 0.03,
  lostSilenceRate: 0.01,
}

export interface StormPlatforms {
  readonly env: Readonly<Record<string, string>>
  /** Event id → how often it was counted. */
  counted(destination: StormDestination): ReadonlyMap<string, number>
  /** Event ids that Analytics dropped in silence: it answers 204 to whatever arrives. */
  dropped(): ReadonlySet<string>
  /** Requests that met a fault, by its kind: a storm without any proves nothing. */
  faults(): Readonly<Record<string, number>>
  close(): Promise<void>
}

export async function startStormPlatforms(random: Random): Promise<StormPlatforms> {
  const twins = createTwins({
    clock: realClock,
    random,
    keepRequests: 100_000,
    meta: { tokens: [{ token: TOKEN }], pixelIds: ['100200300400500'] },
    tiktok: { tokens: [{ token: TOKEN }], eventSources: { web: ['CSTORM00PIXEL'] } },
    ga4: { streams: [{ measurementId: 'G-STORM00001', apiSecret: TOKEN }] },
    google: { tokens: [{ token: TOKEN }], accountIds: ['1234567890'], conversionActions: [] },
    klaviyo: { apiKeys: [TOKEN] },
  })
  const under = { meta: twins.meta, tiktok: twins.tiktok, ga4: twins.ga4, klaviyo: twins.klaviyo }
  for (const { faults } of Object.values(under)) faults.set(FAULTS)
  // Each of its 429s asks for a second of rest, and it has a request for every event.
  twins.klaviyo.faults.set({ ...FAULTS, rate429: 0.003 })
  const startHook = () => startWebhook(createRandom(Math.floor(random() * 2 ** 32)))
  const hooks = { webhook: await startHook(), 'webhook-batches': await startHook() }
  const { urls, close } = await twins.listen({ port: 0 })
  const variables = {
    WEBHOOK_URL: hooks.webhook.url,
    WEBHOOK_BATCHES_URL: hooks['webhook-batches'].url,
    WEBHOOK_SECRET: 'a-webhook-secret-for-storms',
    META_PIXEL_ID: '100200300400500',
    META_ACCESS_TOKEN: TOKEN,
    META_BASE_URL: urls.meta,
    TIKTOK_PIXEL_CODE: 'CSTORM00PIXEL',
    TIKTOK_ACCESS_TOKEN: TOKEN,
    TIKTOK_BASE_URL: urls.tiktok,
    GA4_MEASUREMENT_ID: 'G-STORM00001',
    GA4_API_SECRET: TOKEN,
    GA4_BASE_URL: urls.ga4,
    KLAVIYO_API_KEY: TOKEN,
    KLAVIYO_BASE_URL: urls.klaviyo,
  }
  return {
    env: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [`${name}_PRODUCTION`, value]),
    ),
    counted: (destination) =>
      destination in hooks
        ? hooks[destination as keyof typeof hooks].counted
        : countedBy(under[destination as keyof typeof under]),
    dropped: () =>
      new Set(
        twins.ga4
          .refused()
          .flatMap(({ event }) => /"event_id":"([^"]+)"/.exec(JSON.stringify(event))?.[1] ?? []),
      ),
    faults: () => tally(Object.values(under).flatMap(faultsOf)),
    close: async () =>
      void (await Promise.all([close(), ...Object.values(hooks).map((hook) => hook.close())])),
  }
}

const faultsOf = (twin: Twin): string[] =>
  twin.requests().flatMap(({ fault }) => (fault ? [fault] : []))

// Each platform has a field of its own for the id of an event; Analytics knows a purchase by its order.
function countedBy(twin: Twin): Map<string, number> {
  const ids = [...twin.counted().values()].map(({ event }) => {
    const text = JSON.stringify(event)
    const [, id] =
      /"(?:event_id|unique_id)":"([^"]+)"/.exec(text) ??
      /"transaction_id":"([^"]+)"/.exec(text) ??
      []
    if (!id) throw new Error(`A counted event names no id: ${text.slice(0, 300)}`)
    return id
  })
  return new Map(Object.entries(tally(ids)))
}

function tally(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1
  return counts
}

interface Posted {
  readonly tracklayer_event: string
  readonly properties: { readonly event_id: string }
}

// A receiver that keeps the ids of what it took, as docs/webhook.md asks of it, and of a batch now and then takes some.
async function startWebhook(random: Random) {
  const counted = new Map<string, number>()
  const keys = new Set<string>()
  const take = ({ tracklayer_event, properties: { event_id: id } }: Posted): { status: number } => {
    const key = `${tracklayer_event}:${id}`
    if (!keys.has(key)) counted.set(id, (counted.get(id) ?? 0) + 1)
    keys.add(key)
    return { status: 200 }
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const { event, batch } = JSON.parse(Buffer.concat(chunks).toString()) as {
        readonly event: Posted
        readonly batch?: readonly { readonly event: Posted }[]
      }
      const draw = random()
      if (draw < 0.05) return void response.writeHead(draw < 0.02 ? 429 : 500).end('')
      if (draw < 0.07) return void response.socket?.resetAndDestroy()
      const isPartial = batch && draw > 0.8
      const results = (batch ?? [{ event }]).map((each) =>
        isPartial && random() < 0.2 ? { status: 503 } : take(each.event),
      )
      if (draw < 0.09) return void response.socket?.resetAndDestroy()
      if (draw < 0.095) return // taken, and never answered
      response.end(JSON.stringify(batch ? { results } : {}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    counted,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
