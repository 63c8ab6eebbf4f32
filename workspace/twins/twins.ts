// All twins on one server, each under its own path, so that a destination's base-URL setting points at one of them:
// http://127.0.0.1:PORT/meta stands for https://graph.facebook.com, and so on.
import { Hono } from 'hono'
import type { Clock, Random } from '../../core/clock.ts'
import { listen } from '../listen.ts'
import type { Listening } from '../workspace-options.ts'
import { createGa4Twin, type Ga4TwinOptions } from './ga4/ga4-twin.ts'
import { createGoogleTwin, type GoogleTwin, type GoogleTwinOptions } from './google/google-twin.ts'
import {
  createKlaviyoTwin,
  type KlaviyoTwin,
  type KlaviyoTwinOptions,
} from './klaviyo/klaviyo-twin.ts'
import { createMetaTwin, type MetaTwin, type MetaTwinOptions } from './meta/meta-twin.ts'
import { createTikTokTwin, type TikTokTwin, type TikTokTwinOptions } from './tiktok/tiktok-twin.ts'
import type { Person, Twin, TwinSummary } from './twin.ts'

export type { Ga4TwinOptions } from './ga4/ga4-twin.ts'
export type { GoogleTwin, GoogleTwinOptions } from './google/google-twin.ts'
export type { KlaviyoTwin, KlaviyoTwinOptions } from './klaviyo/klaviyo-twin.ts'
export type { MetaTwin, MetaTwinOptions } from './meta/meta-twin.ts'
export type { TikTokTwin, TikTokTwinOptions } from './tiktok/tiktok-twin.ts'
export type * from './twin.ts'
export type { FaultKind, FaultRates, TwinFaults } from './twin-faults.ts'

/** What a twin needs beside what all of them share. */
type Own<Options> = Omit<Options, 'clock' | 'random' | 'people' | 'keepRequests'>

export interface TwinsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly people?: readonly Person[]
  readonly keepRequests?: number
  readonly meta: Own<MetaTwinOptions>
  readonly google: Own<GoogleTwinOptions>
  readonly tiktok: Own<TikTokTwinOptions>
  readonly klaviyo: Own<KlaviyoTwinOptions>
  readonly ga4: Own<Ga4TwinOptions>
}

export const TWIN_NAMES = ['meta', 'google', 'tiktok', 'klaviyo', 'ga4'] as const
export type TwinName = (typeof TWIN_NAMES)[number]

export interface Twins {
  readonly app: Hono
  readonly meta: MetaTwin
  readonly google: GoogleTwin
  readonly tiktok: TikTokTwin
  readonly klaviyo: KlaviyoTwin
  readonly ga4: Twin
  summary(): Readonly<Record<TwinName, TwinSummary>>
  /** A real port; `urls` are the base URLs of the twins on it. */
  listen(at: {
    readonly port: number
    readonly host?: string
  }): Promise<Listening & { readonly urls: Readonly<Record<TwinName, string>> }>
}

export function createTwins(options: TwinsOptions): Twins {
  const { meta, google, tiktok, klaviyo, ga4, ...shared } = options
  const twins = {
    meta: createMetaTwin({ ...shared, ...meta }),
    google: createGoogleTwin({ ...shared, ...google }),
    tiktok: createTikTokTwin({ ...shared, ...tiktok }),
    klaviyo: createKlaviyoTwin({ ...shared, ...klaviyo }),
    ga4: createGa4Twin({ ...shared, ...ga4 }),
  }
  const app = new Hono()
  // Mounted rather than routed: a twin sees the vendor's own paths.
  for (const name of TWIN_NAMES) app.mount(`/${name}`, twins[name].app.fetch)

  const forEach = <T>(read: (name: TwinName) => T) =>
    Object.fromEntries(TWIN_NAMES.map((name) => [name, read(name)])) as Record<TwinName, T>

  return {
    app,
    ...twins,
    summary: () => forEach((name) => twins[name].summary()),
    async listen({ port, host }) {
      const server = await listen(app, port, host)
      return { ...server, urls: forEach((name) => `${server.url}/${name}`) }
    },
  }
}
