// The ad platforms of a sample run: twins that refuse what the real ones refuse and count by the real ones' rules.

import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { Clock, Random } from '../../core/clock.ts'
import { createTwins, type TwinSummary } from '../../workspace/twins/twins.ts'

export interface Platforms {
  /** What the destination files refer to, without the environment's suffix. */
  readonly variables: Readonly<Record<string, string>>
  /** Destination → what its platform counted, and why not the rest. */
  summaries(): Readonly<Record<string, TwinSummary>>
  /** Orders that a platform counted: destination → order ids, repeats included. */
  countedOrders(): Readonly<Record<string, readonly string[]>>
  /** Ends the faults: what is still waiting then passes at its next attempt. */
  calm(): void
  close(): Promise<void>
}

const TOKEN = 'sample-token'
const IDS = {
  pixel: '100200300400500',
  tiktok: 'CSAMPLE00PIXEL',
  stream: 'G-SAMPLE0001',
  account: '1234567890',
  adAccount: '900100200300',
  advertiser: '7001002003004',
}
const CONVERSIONS = { PURCHASE: '700000001', LEAD: '700000002', SIGN_UP: '700000003' }

export async function startPlatforms(clock: Clock, random: Random): Promise<Platforms> {
  const tokens = [{ token: TOKEN }]
  const twins = createTwins({
    clock,
    random,
    meta: { tokens, pixelIds: [IDS.pixel], adAccountIds: [IDS.adAccount] },
    tiktok: {
      tokens,
      eventSources: { web: [IDS.tiktok] },
      advertiserIds: [IDS.advertiser],
    },
    ga4: { streams: [{ measurementId: IDS.stream, apiSecret: TOKEN }] },
    google: {
      tokens,
      accountIds: [IDS.account],
      conversionActions: Object.values(CONVERSIONS).map((id) => ({ id, type: 'WEBPAGE' as const })),
    },
    klaviyo: { apiKeys: [TOKEN] },
  })
  // Often enough to be seen in every run; answers that are lost after counting are the hard case.
  const disturb = (rate: number) => {
    for (const { faults } of [twins.meta, twins.tiktok, twins.google, twins.klaviyo]) {
      faults.set({ rate429: rate, rate500: rate, lostResetRate: rate })
    }
  }
  disturb(0.05)
  const { urls, close } = await twins.listen({ port: 0 })
  const tokenServer = await startTokenServer()
  return {
    variables: {
      META_PIXEL_ID: IDS.pixel,
      META_ACCESS_TOKEN: TOKEN,
      META_BASE_URL: urls.meta,
      META_AD_ACCOUNT_ID: IDS.adAccount,
      META_ADS_ACCESS_TOKEN: TOKEN,
      TIKTOK_ADVERTISER_ID: IDS.advertiser,
      TIKTOK_ADS_ACCESS_TOKEN: TOKEN,
      GOOGLE_CUSTOMER_MATCH_TERMS: 'ACCEPTED',
      TIKTOK_PIXEL_CODE: IDS.tiktok,
      TIKTOK_ACCESS_TOKEN: TOKEN,
      TIKTOK_BASE_URL: urls.tiktok,
      GA4_MEASUREMENT_ID: IDS.stream,
      GA4_API_SECRET: TOKEN,
      GA4_BASE_URL: urls.ga4,
      KLAVIYO_API_KEY: TOKEN,
      KLAVIYO_BASE_URL: urls.klaviyo,
      GOOGLE_OAUTH_CLIENT_ID: 'sample',
      GOOGLE_OAUTH_CLIENT_SECRET: 'sample',
      GOOGLE_OAUTH_REFRESH_TOKEN: 'sample',
      GOOGLE_ADS_ACCOUNT_ID: IDS.account,
      GOOGLE_ADS_LOGIN_ACCOUNT_ID: IDS.account,
      ...Object.fromEntries(
        Object.entries(CONVERSIONS).map(([name, id]) => [`GOOGLE_ADS_CONVERSION_${name}`, id]),
      ),
      GOOGLE_DATA_MANAGER_URL: urls.google,
      GOOGLE_TOKEN_URL: tokenServer.url,
    },
    summaries: () => {
      const { meta, tiktok, google, ga4, klaviyo } = twins.summary()
      return { meta, tiktok, 'google-ads': google, ga4, klaviyo }
    },
    countedOrders: () => ({
      meta: ordersIn(twins.meta.counted()),
      tiktok: ordersIn(twins.tiktok.counted()),
      'google-ads': ordersIn(twins.google.counted()),
      ga4: ordersIn(twins.ga4.counted()),
      klaviyo: ordersIn(twins.klaviyo.counted()),
    }),
    calm: () => disturb(0),
    close: async () => {
      await Promise.all([close(), tokenServer.close()])
    },
  }
}

// Each platform has its own field for the order; all of the sample's order ids look alike.
function ordersIn(counted: ReadonlyMap<string, { readonly event: unknown }>): string[] {
  return [...counted.values()].flatMap(({ event }) => {
    const text = JSON.stringify(event)
    const isPurchase =
      /"(Purchase|CompletePayment|purchase|Placed Order)"|"transactionId":"ORD-/.test(text)
    const order = /"(?:order_id|transaction_id|transactionId)":"(ORD-[^"]+)"/.exec(text)?.[1]
    return isPurchase && order ? [order] : []
  })
}

// Google's token endpoint: a refresh token in, an access token out.
async function startTokenServer(): Promise<{ url: string; close(): Promise<void> }> {
  const app = new Hono()
  app.post('/token', (context) =>
    context.json({ access_token: TOKEN, expires_in: 3600, token_type: 'Bearer' }),
  )
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
      const close = () =>
        new Promise<void>((done) => {
          server.close(() => done())
          server.closeAllConnections()
        })
      resolve({ url: `http://127.0.0.1:${port}/token`, close })
    }) as Server
    server.once('error', reject)
  })
}
