import { Analytics } from '@segment/analytics-node'
import { ANALYTICS_JS_FILE, functionFile, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()

test('@segment/analytics-node delivers all of its calls', async () => {
  const { workspace, clock, printed } = start()
  const file = functionFile('print-message')
  await workspace.addDestinationFunction({ name: 'f', file, sources: ['web'], maxContainers: 1 })
  const { url } = await workspace.listen({ port: 0 })
  const analytics = new Analytics({ writeKey: WRITE_KEY, host: url })
  const id = { userId: 'u1' }
  analytics.identify({ ...id, traits: { email: 'a@example.com' } })
  analytics.track({ ...id, event: 'Order Completed', properties: { revenue: 12.5 } })
  analytics.page({ ...id, name: 'Home' })
  analytics.screen({ ...id, name: 'Start' })
  analytics.group({ ...id, groupId: 'g1' })
  analytics.alias({ ...id, previousId: 'old' })
  await analytics.closeAndFlush()
  await workspace.drain()
  const messages = printed()
  expect(messages.map(({ type }) => type)).toEqual([
    'identify',
    'track',
    'page',
    'screen',
    'group',
    'alias',
  ])
  expect(messages[1]).toMatchObject({
    event: 'Order Completed',
    properties: { revenue: 12.5 },
    context: { library: { name: '@segment/analytics-node' } },
    messageId: expect.stringMatching(/^node-next-/),
    receivedAt: new Date(clock.now()).toISOString(),
  })
})

test('a page finds settings that send its events back here', async () => {
  const { workspace } = start({ analyticsJsFile: ANALYTICS_JS_FILE })
  const path = `http://localhost:9000/v1/projects/${WRITE_KEY}/settings`
  const answer = await workspace.app.request(path)
  expect(await answer.json()).toMatchObject({
    integrations: {
      'Segment.io': { apiKey: WRITE_KEY, apiHost: 'localhost:9000/v1', protocol: 'http' },
    },
    metrics: { sampleRate: 0 },
  })
  const unknown = await workspace.app.request('/v1/projects/nobody/settings')
  expect(unknown.status).toBe(404)
})

test('analytics.js is served plainly, and as the CDN does with the write key in it', async () => {
  const { workspace } = start({ analyticsJsFile: ANALYTICS_JS_FILE })
  const get = async (path: string) => {
    const answer = await workspace.app.request(`http://localhost:9000${path}`)
    return { status: answer.status, text: await answer.text() }
  }
  const plain = await get('/analytics.js')
  expect(plain.text).toContain('window.analytics._cdn || "http://localhost:9000"')
  expect(plain.text).toContain('__WRITE_KEY__')
  const keyed = await get(`/analytics.js/v1/${WRITE_KEY}/analytics.min.js`)
  expect(keyed.status).toBe(200)
  expect(keyed.text).not.toContain('__WRITE_KEY__')
  expect((await get('/analytics.js/v1/nobody/analytics.min.js')).status).toBe(404)
  expect((await get('/analytics-next/bundles/none.js')).status).toBe(404)
  expect((await get('/analytics-next/bundles/..%2f..%2f..%2fpackage.json')).status).toBe(404)
})
