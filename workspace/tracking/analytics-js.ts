// What a page needs from Segment's CDN: the analytics.js file, its lazily loaded parts, and a source's settings, all
// pointed back at this server.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Hono } from 'hono'
import { cors } from 'hono/cors'

export interface AnalyticsJsOptions {
  /** `dist/umd/standalone.js` of @segment/analytics-next; without it analytics.js answers 404. */
  readonly analyticsJsFile?: string | undefined
  readonly isWriteKey: (writeKey: string) => boolean
}

/** Routes `/v1/projects/:writeKey/settings`, `/analytics.js`, `/analytics.js/v1/:writeKey/analytics.min.js`, bundles. */
export function createAnalyticsJsRoutes({ analyticsJsFile, isWriteKey }: AnalyticsJsOptions): Hono {
  const app = new Hono()
  for (const each of ['/v1/projects/*', '/analytics.js/*', '/analytics-next/*'])
    app.use(each, cors())

  app.get('/v1/projects/:writeKey/settings', (context) => {
    const writeKey = context.req.param('writeKey')
    if (!isWriteKey(writeKey)) return context.json({ error: 'unknown write key' }, 404)
    return context.json(settingsFor(writeKey, new URL(context.req.url)))
  })

  if (!analyticsJsFile) return app

  // The CDN writes the key into the file it serves; here the address to load from goes in as well, because the library
  // finds that by itself only when it is https.
  async function script(url: string, writeKey: string | null): Promise<string> {
    const text = await readFile(analyticsJsFile as string, 'utf8')
    const origin = JSON.stringify(new URL(url).origin)
    const head = `;(window.analytics = window.analytics || [])._cdn = window.analytics._cdn || ${origin};\n`
    return head + (writeKey === null ? text : text.replaceAll('__WRITE_KEY__', writeKey))
  }

  app.get('/analytics.js', async (context) => {
    return context.body(await script(context.req.url, null), 200, JAVASCRIPT)
  })
  app.get('/analytics.js/v1/:writeKey/:file{analytics(\\.min)?\\.js}', async (context) => {
    const writeKey = context.req.param('writeKey')
    if (!isWriteKey(writeKey)) return context.notFound()
    return context.body(await script(context.req.url, writeKey), 200, JAVASCRIPT)
  })
  app.get('/analytics-next/bundles/:file{[\\w.-]+\\.js}', async (context) => {
    try {
      const file = path.join(path.dirname(analyticsJsFile), context.req.param('file'))
      return context.body(await readFile(file, 'utf8'), 200, JAVASCRIPT)
    } catch {
      return context.notFound()
    }
  })
  return app
}

const JAVASCRIPT = { 'content-type': 'text/javascript; charset=utf-8' }

// The least that analytics-next reads. `apiHost` has no scheme; `protocol` beside it makes plain http possible.
function settingsFor(writeKey: string, { host, protocol }: URL) {
  const allowed = { __default: { enabled: true, integrations: {} } }
  return {
    integrations: {
      'Segment.io': {
        apiKey: writeKey,
        apiHost: `${host}/v1`,
        protocol: protocol.replace(':', ''),
        unbundledIntegrations: [],
        maybeBundledConfigIds: {},
        addBundledMetadata: true,
        versionSettings: { version: '4.4.7', componentTypes: ['browser'] },
      },
    },
    plan: { track: allowed, identify: allowed, group: allowed },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0, host: `${host}/v1` },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  }
}
