// The twin of Segment's Public API as its documentation states it: answers, errors, pages, hidden secrets, limits.
import { createRandom } from '../../core/clock.ts'
import {
  createPublicApiTwin,
  type PublicApiTwinOptions,
} from '../../workspace/public-api/public-api-twin.ts'
import { createManualClock } from '../support/manual-clock.ts'

const SETTING = {
  name: 'apiKey',
  label: 'API key',
  description: 'Token',
  type: 'STRING',
  required: true,
  sensitive: true,
}
const CODE = 'async function onTrack(event, settings) {}\n'
const FUNCTION = {
  displayName: 'Relay',
  resourceType: 'DESTINATION',
  code: CODE,
  settings: [SETTING],
}

function open(options: Partial<PublicApiTwinOptions> = {}) {
  const clock = createManualClock()
  const twin = createPublicApiTwin({
    clock,
    random: createRandom(1),
    tokens: ['t'],
    deploys: 'every-kind',
    ...options,
  })
  async function call(
    method: string,
    path: string,
    body?: object,
    accept = 'v1alpha',
    token = 't',
  ) {
    const answer = await twin.app.request(path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        Accept: `application/vnd.segment.${accept}+json`,
        ...(body ? { 'Content-Type': `application/vnd.segment.${accept}+json` } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: answer.status, headers: answer.headers, ...JSON.parse(await answer.text()) }
  }
  return { twin, clock, call }
}

test('a token opens its workspace; data and errors never come together', async () => {
  const { call } = open()
  expect(await call('GET', '/')).toMatchObject({
    status: 200,
    data: { workspace: { name: 'My Workspace' } },
  })
  const refused = await call('GET', '/', undefined, 'v1', 'of-another-region')
  expect(refused).toMatchObject({ status: 401, errors: [{ type: 'unauthorized' }] })
  expect(refused.data).toBeUndefined()
  expect(await call('GET', '/functions/dfn_none')).toMatchObject({ status: 404 })
})

test('an alpha endpoint is there in alpha only', async () => {
  const { call } = open()
  const { data } = await call('POST', '/functions', FUNCTION)
  const path = `/functions/${data.function.id}/versions`
  expect(await call('GET', path, undefined, 'v1')).toMatchObject({ status: 404 })
  expect(await call('GET', path, undefined, 'v1alpha')).toMatchObject({ status: 200 })
})

test('pages: count from 1 to 1,000, opaque cursors, next absent on the last, both spellings', async () => {
  const { twin, call } = open()
  for (let n = 1; n <= 5; n++) twin.addSource(`s${n}`)
  const slugs: string[] = []
  let cursor = ''
  for (;;) {
    const { data } = await call('GET', `/sources?pagination.count=2${cursor}`)
    slugs.push(...data.sources.map(({ slug }: { slug: string }) => slug))
    expect(data.pagination.totalEntries).toBe(5)
    if (data.pagination.next === undefined) break
    cursor = `&pagination.cursor=${encodeURIComponent(data.pagination.next)}`
  }
  expect(slugs).toEqual(['s1', 's2', 's3', 's4', 's5'])
  expect((await call('GET', '/sources?pagination[count]=3')).data.sources).toHaveLength(3)
  expect(await call('GET', '/sources?pagination.count=1001')).toMatchObject({
    status: 400,
    errors: [{ field: 'pagination.count' }],
  })
})

test('functions: a patch makes a version, deploy runs it, restore copies it; lists are brief', async () => {
  const { call } = open()
  const { data } = await call('POST', '/functions', FUNCTION)
  const { id } = data.function
  expect(data.function).toMatchObject({
    displayName: 'Relay (My Workspace)',
    deployedAt: null,
    isLatestVersion: false,
  })
  await call('POST', `/functions/${id}/deploy`)
  await call('PATCH', `/functions/${id}`, { code: `${CODE}// 2` })
  expect((await call('GET', `/functions/${id}`)).data.function.isLatestVersion).toBe(false)
  const { data: listed } = await call('GET', `/functions/${id}/versions`)
  expect(listed.versions.map(({ isDeployed }: { isDeployed: boolean }) => isDeployed)).toEqual([
    true,
    false,
  ])
  await call('POST', `/functions/${id}/versions`, { versionId: listed.versions[0].id })
  const { function: restored } = (await call('GET', `/functions/${id}`)).data
  expect(restored).toMatchObject({ code: CODE, isLatestVersion: false })
  const { functions } = (await call('GET', '/functions?resourceType=DESTINATION')).data
  expect(functions[0].code).toBeUndefined()
  expect(await call('GET', '/functions')).toMatchObject({
    status: 400,
    errors: [{ field: 'resourceType' }],
  })
  const { sensitive: _, ...incomplete } = SETTING
  expect(await call('PATCH', `/functions/${id}`, { settings: [incomplete] })).toMatchObject({
    status: 400,
  })
})

test('secrets are written and never read; what is required cannot be empty', async () => {
  const { twin, call } = open()
  const source = twin.addSource('web')
  const { data } = await call('POST', '/functions', FUNCTION)
  const metadataId = data.function.catalogId
  const wanted = { sourceId: source.id, metadataId, name: 'Relay', enabled: true }
  expect(await call('POST', '/destinations', { ...wanted, settings: {} })).toMatchObject({
    status: 400,
    errors: [{ field: 'settings.apiKey' }],
  })
  const made = await call('POST', '/destinations', { ...wanted, settings: { apiKey: 'hidden' } })
  expect(made.data.destination.settings).toEqual({ apiKey: '••••••••' })
  expect(twin.destinations()[0]?.settings).toEqual({ apiKey: 'hidden' })
  expect(JSON.stringify(twin.requests().map(({ headers }) => headers))).not.toContain('Bearer')
  expect(await call('POST', '/sources', { slug: 'web', metadataId: 'IqDTy1TpoU' })).toMatchObject({
    status: 409,
  })
  expect(await call('POST', '/sources', { slug: 'new', metadataId: 'IqDTy1TpoU' })).toMatchObject({
    status: 201,
  })
})

test('five writes of mappings a minute, then 429 in three ways of saying how long', async () => {
  const action = { id: 'act', name: 'Act', slug: 'act', actions: [{ slug: 'send', name: 'Send' }] }
  const { twin, clock, call } = open({ catalogDestinations: [action] })
  const { id: sourceId } = twin.addSource('web')
  const made = await call('POST', '/destinations', { sourceId, metadataId: 'act', settings: {} })
  const { id, metadata } = made.data.destination
  const mapping = (name: string) => ({
    name,
    actionId: metadata.actions[0].id,
    trigger: 'type = "track"',
    enabled: true,
    settings: { url: { '@path': '$.url' } },
  })
  for (let n = 1; n <= 5; n++) {
    expect((await call('POST', `/destinations/${id}/subscriptions`, mapping(`${n}`))).status).toBe(
      200,
    )
  }
  const refused = await call('POST', `/destinations/${id}/subscriptions`, mapping('6'))
  expect(refused).toMatchObject({
    status: 429,
    errors: [{ message: 'Too many requests', data: { msBeforeNext: 30_000, remainingPoints: 0 } }],
  })
  expect(Date.parse(refused.headers.get('X-RateLimit-Reset'))).toBe(clock.now() + 30_000)
  expect(refused.headers.get('Retry-After')).toBe('30')
  expect((await call('GET', `/destinations/${id}/subscriptions`)).data.subscriptions).toHaveLength(
    5,
  )
  clock.advance(30_000)
  const [first] = twin.mappings()
  const path = `/destinations/${id}/subscriptions/${first?.id}`
  expect(await call('PATCH', path, { enabled: false })).toMatchObject({
    errors: [{ field: 'input' }],
  })
  const patched = await call('PATCH', path, { input: { enabled: false } })
  expect(patched.data.subscription).toMatchObject({ enabled: false, actionSlug: 'send' })
})

test('insert instances want an insert function, without its prefix; filters live under the singular path', async () => {
  const { twin, call } = open()
  const { id: sourceId } = twin.addSource('web')
  const { data: relay } = await call('POST', '/functions', { ...FUNCTION, settings: [] })
  const insert = { ...FUNCTION, settings: [], resourceType: 'INSERT_DESTINATION' }
  const { data: mask } = await call('POST', '/functions', insert)
  const wanted = { sourceId, metadataId: relay.function.catalogId, settings: {} }
  const { data } = await call('POST', '/destinations', wanted)
  const integrationId = data.destination.id
  const instance = (functionId: string) =>
    call('POST', '/insert-function-instances', {
      functionId,
      integrationId,
      name: 'Mask',
      settings: {},
    })
  for (const wrong of [mask.function.id, relay.function.id, relay.function.catalogId]) {
    expect(await instance(wrong)).toMatchObject({
      status: 400,
      errors: [{ type: 'bad-request', message: `Insert function ${wrong} not found.` }],
    })
  }
  expect(await instance(mask.function.id.replace('ifnd_', ''))).toMatchObject({ status: 200 })
  const filter = { sourceId, title: 'Drop', if: 'all', actions: [{ type: 'DROP' }], enabled: true }
  expect(await call('POST', `/destinations/${integrationId}/filters`, filter)).toMatchObject({
    status: 404,
  })
  expect(await call('POST', `/destination/${integrationId}/filters`, filter)).toMatchObject({
    status: 200,
  })
})

test('tracking plans: PUT replaces the rules, PATCH adds to them', async () => {
  const { twin, call } = open()
  const { data } = await call('POST', '/tracking-plans', { name: 'Shop', type: 'LIVE' })
  const path = `/tracking-plans/${data.trackingPlan.id}/rules`
  const rule = (key: string) => ({ type: 'TRACK', key, version: 1, jsonSchema: { type: 'object' } })
  await call('PUT', path, { rules: [rule('A'), rule('B')] })
  await call('PATCH', path, { rules: [rule('C'), rule('A')] })
  expect(twin.trackingPlans()[0]?.rules.map(({ key }) => key)).toEqual(['B', 'C', 'A'])
  await call('PUT', path, { rules: [rule('C')] })
  expect((await call('GET', path)).data.rules).toMatchObject([
    { key: 'C', deprecatedAt: '0001-01-01T00:00:00.000Z' },
  ])
  expect(
    await call('PUT', path, { rules: [{ type: 'TRACK', version: 1, jsonSchema: {} }] }),
  ).toMatchObject({ status: 400 })
})
