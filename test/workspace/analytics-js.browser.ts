// A real page in a real browser, with analytics.js from the workspace's own server, posting across origins.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium } from 'playwright-core'
import type { Delivery, WorkspaceOptions } from '../../workspace/workspace.ts'
import { ANALYTICS_JS_FILE, functionFile, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()
let browser: Browser
let shop: Server

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
})
afterAll(() => browser.close())
afterEach(() => new Promise((resolve) => shop.close(resolve)))

async function serveShop(html: string): Promise<string> {
  shop = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end(html)
  })
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`
}

async function receiving(options: Partial<WorkspaceOptions> = {}) {
  const delivered: Delivery[] = []
  let check = () => {}
  const started = start({
    analyticsJsFile: ANALYTICS_JS_FILE,
    onDelivery(delivery) {
      if (delivery.status === 'delivered') delivered.push(delivery)
      check()
    },
    ...options,
  })
  const file = functionFile('print-message')
  await started.workspace.addDestinationFunction({ name: 'f', file, sources: ['web'] })
  const { url } = await started.workspace.listen({ port: 0 })
  const arrived = (count: number) =>
    new Promise<void>((resolve) => {
      check = () => {
        if (delivered.length >= count) resolve()
      }
      check()
    })
  return { ...started, url, arrived }
}

const CALLS = `
  analytics.page('Docs', 'Home')
  analytics.identify('u1', { email: 'a@example.com' })
  analytics.track('Order Completed', { revenue: 12.5 })
`

test.each([
  {
    way: 'as Segment’s snippet loads it',
    head: (url: string) => `<script>
      var analytics = (window.analytics = [])
      analytics._writeKey = '${WRITE_KEY}'
      ;['page', 'identify', 'track'].forEach((method) => {
        analytics[method] = (...args) => { analytics.push([method, ...args]); return analytics }
      })
      ${CALLS}
      </script>
      <script async src="${url}/analytics.js/v1/${WRITE_KEY}/analytics.min.js"></script>`,
  },
  {
    way: 'from the plain file',
    head: (url: string) => `<script>
      var analytics = (window.analytics = [])
      analytics._writeKey = '${WRITE_KEY}'
      analytics._cdn = '${url}'
      analytics.push(['page', 'Docs', 'Home'])
      analytics.push(['identify', 'u1', { email: 'a@example.com' }])
      analytics.push(['track', 'Order Completed', { revenue: 12.5 }])
      </script>
      <script src="${url}/analytics.js"></script>`,
  },
])('analytics.js sends page, identify and track, $way', async ({ head }) => {
  const { workspace, url, arrived, printed } = await receiving()
  const page = await browser.newPage()
  const foreign: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith('http://127.0.0.1:')) foreign.push(request.url())
  })
  await page.goto(await serveShop(`<!doctype html><title>Shop</title>${head(url)}`))
  await arrived(3)
  await page.close()
  const byType = Object.fromEntries(printed().map((message) => [message.type, message]))
  expect(Object.keys(byType).sort()).toEqual(['identify', 'page', 'track'])
  expect(byType.page).toMatchObject({ name: 'Home', properties: { category: 'Docs' } })
  expect(byType.identify).toMatchObject({ userId: 'u1', traits: { email: 'a@example.com' } })
  expect(byType.track).toMatchObject({
    event: 'Order Completed',
    userId: 'u1',
    channel: 'browser',
    properties: { revenue: 12.5 },
    context: { ip: '127.0.0.1', library: { name: 'analytics.js' }, page: { title: 'Shop' } },
  })
  expect(byType.track.anonymousId).toBe(byType.page.anonymousId)
  expect(workspace.counts()).toMatchObject({ accepted: 3, rejected: {} })
  expect(foreign).toEqual([])
})
