// `tracklayer deploy` against the twin of the Public API: over real HTTP, on a clock that does not wait.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { wantedResources } from '../../cli/deploy/resources.ts'
import { rollback } from '../../cli/deploy/rollback.ts'
import { deploy, type Step } from '../../cli/deploy/run.ts'
import type { DeployTarget } from '../../cli/deploy/settings.ts'
import { openStateFile } from '../../cli/deploy/state.ts'
import { loadPlanRules } from '../../cli/deploy/tracking-plan.ts'
import { createPublicApi } from '../../cli/segment/public-api.ts'
import { createRandom } from '../../core/clock.ts'
import {
  createPublicApiTwin,
  type PublicApiTwinOptions,
} from '../../workspace/public-api/public-api-twin.ts'
import { order, useFunctionStage } from '../support/function-stage.ts'
import { createHurriedClock } from '../support/hurried-clock.ts'

const ROOT = path.join(__dirname, '..', '..')
const DIST = path.join(ROOT, 'dist')
const TOKEN = 'sgp_token-of-the-workspace'
const SECRETS = { secret: 'signing-secret-0000001', returned: 'return-secret-00000001' }
const TARGET: DeployTarget = {
  region: 'us',
  store_url: 'https://tracklayer.example.com',
  account: 'acct_live_123',
  sources: ['web-prod'],
  allowlist: ['Order Completed', 'Product Viewed'],
  name: 'TrackLayer',
  returns: 'tracklayer-returns',
  insert_before: [],
  tracking_plan: null,
}
const ACTION = {
  id: '6371eee1ae5e324869aa8b1b',
  name: 'TrackLayer',
  slug: 'actions-tracklayer',
  secretSettings: ['secret'],
  actions: ['trackEvent', 'identifyUser', 'groupUser', 'syncAudience'].map((slug) => ({
    slug,
    name: slug,
  })),
}
const OF_ACTION: DeployTarget = {
  ...TARGET,
  allowlist: [],
  action_destination: { metadata_id: ACTION.id },
}

const setStage = useFunctionStage()
const directory = mkdtempSync(path.join(os.tmpdir(), 'tracklayer-deploy-'))
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})
afterAll(() => rmSync(directory, { recursive: true }))

interface RunOptions {
  readonly dist?: string
  readonly isDryRun?: boolean
  readonly signal?: AbortSignal
  readonly onStep?: () => void
  readonly fetch?: typeof fetch
}

let opened = 0

async function open(options: Partial<PublicApiTwinOptions> = {}) {
  const clock = createHurriedClock()
  const deployTo = path.join(directory, `deployed-${++opened}`)
  const twin = createPublicApiTwin({
    clock,
    random: createRandom(5),
    tokens: [TOKEN],
    catalogDestinations: [ACTION],
    deployTo,
    deploys: 'every-kind',
    ...options,
  })
  const sources = [twin.addSource('web-prod'), twin.addSource('app-prod')]
  const { url, close } = await twin.listen({ port: 0 })
  closers.push(close)
  const file = path.join(directory, `state-${opened}.json`)
  const waits: number[] = []
  const connect = (through = fetch) => {
    const onWait = (delayMs: number) => waits.push(delayMs)
    const api = createPublicApi({ baseUrl: url, token: TOKEN, clock, fetch: through, onWait })
    return { api, stateFile: openStateFile(file, 'w', 'production') }
  }

  async function run(target = TARGET, more: RunOptions = {}) {
    const { api, stateFile } = connect(more.fetch)
    const writesBefore = twin.writes().length
    const resources = wantedResources({
      target,
      environment: 'production',
      dist: more.dist ?? DIST,
      secrets: SECRETS,
      rules: target.tracking_plan === null ? null : loadPlanRules(path.join(ROOT, 'mappings')),
      sourceIds: new Map(sources.map(({ slug, id }) => [slug, id])),
    })
    const isDryRun = more.isDryRun ?? false
    const workspaceName = 'My Workspace'
    const { signal, onStep } = more
    const stop = { ...(signal ? { signal } : {}), ...(onStep ? { onStep } : {}) }
    const steps = await deploy({ api, workspaceName, resources, stateFile, isDryRun, ...stop })
    return { steps, writes: twin.writes().length - writesBefore }
  }

  async function takeBack() {
    const { api, stateFile } = connect()
    return rollback(api, stateFile, false)
  }
  return { twin, clock, file, waits, url, run, takeBack, sources }
}

const actionsOf = (steps: readonly Step[]) =>
  Object.fromEntries(steps.map(({ key, action }) => [key, action]))

function distWith(change: (code: string) => string): string {
  const dist = mkdtempSync(path.join(directory, 'dist-'))
  mkdirSync(path.join(dist, 'functions'))
  for (const name of ['destination', 'source', 'insert']) {
    const at = (base: string, end: string) => path.join(base, 'functions', name + end)
    writeFileSync(at(dist, '.js'), change(readFileSync(at(DIST, '.js'), 'utf8')))
    writeFileSync(at(dist, '.settings.json'), readFileSync(at(DIST, '.settings.json')))
  }
  return dist
}

test('stopped between two steps it begins no other, and run again it goes on and is done', async () => {
  const { run } = await open()
  const stop = new AbortController()
  const stopped = await run(TARGET, { signal: stop.signal, onStep: () => stop.abort() })
  expect(stopped.steps).toHaveLength(1)
  const rest = await run()
  expect(rest.steps[0]).toMatchObject({ key: stopped.steps[0]?.key, action: 'none' })
  expect(rest.writes).toBeGreaterThan(0)
  expect((await run()).writes).toBe(0)
})

test('a first deploy makes everything, byte for byte, and a second one writes nothing', async () => {
  const { twin, file, run } = await open()
  expect(actionsOf((await run(TARGET, { isDryRun: true })).steps)).toEqual({
    'function:destination': 'create',
    'function:source': 'create',
    'source:returns': 'create',
    'destination:web-prod': 'create',
    'filter:web-prod': 'create',
  })
  expect(twin.writes()).toEqual([])
  expect(existsSync(file)).toBe(false)

  await run()
  const [destination] = twin.functions()
  expect(destination?.deployed?.code).toBe(
    readFileSync(path.join(DIST, 'functions', 'destination.js'), 'utf8'),
  )
  expect(twin.destinations()).toMatchObject([
    {
      name: 'TrackLayer',
      enabled: true,
      metadataId: destination?.catalogId,
      settings: { storeUrl: TARGET.store_url, environment: 'production', secret: SECRETS.secret },
    },
  ])
  expect(twin.filters()).toMatchObject([
    {
      if: 'type = "track" and event != "Order Completed" and event != "Product Viewed"',
      enabled: true,
    },
  ])
  expect(readFileSync(file, 'utf8')).not.toMatch(/signing-secret|return-secret/)

  const again = await run()
  expect(again.writes).toBe(0)
  expect(new Set(again.steps.map(({ action }) => action))).toEqual(new Set(['none']))
})

test('without its state file a deploy finds what it made, and writes no more than the secrets', async () => {
  const { twin, file, run } = await open()
  await run()
  rmSync(file)
  const { steps, writes } = await run()
  expect(steps.filter(({ action }) => action !== 'none').map(({ key }) => key)).toEqual([
    'source:returns',
    'destination:web-prod',
  ])
  expect(writes).toBe(2)
  expect([twin.functions().length, twin.sources().length, twin.destinations().length]).toEqual([
    2, 3, 1,
  ])
})

test('what was deployed runs in the local workspace', async () => {
  const { twin, run } = await open()
  await run()
  const [{ id } = { id: '' }] = twin.functions()
  const [connected] = twin.destinations()
  const stage = await setStage()
  await stage.addDestination({
    file: twin.deployedFile(id) ?? '',
    settings: {
      ...connected?.settings,
      storeUrl: stage.store.url,
      secret: 'a-secret-of-the-store-1',
    },
  })
  await stage.send(order('m-1'), { ...order('m-2'), event: 'Not Allowed' })
  expect(stage.statuses()).toEqual(['delivered', 'delivered'])
  expect(stage.store.requests.map(({ body }) => JSON.parse(String(body)).batch.length)).toEqual([1])
})

test.each(['before', 'after'] as const)(
  'a deploy that breaks off %s any of its writes is run again and makes nothing twice',
  async (when) => {
    for (let n = 1; n <= 7; n++) {
      const { twin, run, takeBack } = await open()
      await expect(run(TARGET, { fetch: breakingAt(n, when) })).rejects.toThrow(/no more network/)
      await run()
      expect((await run()).writes).toBe(0)
      expect(madeIn(twin)).toEqual({ functions: 2, sources: 3, destinations: 1, filters: 1 })
      // The journal knows what both halves made.
      await takeBack()
      expect(madeIn(twin)).toEqual({ functions: 2, sources: 3, destinations: 0, filters: 0 })
    }
  },
)

test('a creation whose answer is lost is not repeated, but found by the next deploy', async () => {
  for (const path of ['/functions', '/destinations', 'filters']) {
    const { twin, run } = await open()
    let isLost = false
    const losing: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init)
      if (isLost || init?.method !== 'POST' || !String(input).endsWith(path)) return answer
      isLost = true
      throw new Error('answer lost')
    }
    await expect(run(TARGET, { fetch: losing })).rejects.toThrow(/It may have been done/)
    await run()
    expect(madeIn(twin)).toEqual({ functions: 2, sources: 3, destinations: 1, filters: 1 })
  }
})

test('a workspace that fails, slows down and loses answers is deployed to all the same', async () => {
  const { twin, run, waits } = await open()
  twin.faults.set({ rate429: 0.15, rate500: 0.15, resetRate: 0.1, lostResetRate: 0.1 })
  let runs = 1
  while (
    !(await run().then(
      () => true,
      () => false,
    ))
  )
    expect(++runs).toBeLessThan(20)
  twin.faults.set({})
  expect((await run()).writes).toBe(0)
  expect(madeIn(twin)).toEqual({ functions: 2, sources: 3, destinations: 1, filters: 1 })
  expect(waits.length).toBeGreaterThan(0)
})

test('changed code, settings and allowlist: the difference is told, written, and taken back', async () => {
  const { twin, run, takeBack } = await open()
  await run()
  const before = await picture(twin)
  const changed = {
    ...TARGET,
    store_url: 'https://other.example.com',
    allowlist: ['Order Completed'],
  }
  const dist = distWith((code) => `${code}// changed\n`)
  const planned = await run(changed, { dist, isDryRun: true })
  expect(planned.writes).toBe(0)
  const told = Object.fromEntries(
    planned.steps.map(({ key, changes }) => [key, changes.map(({ field }) => field)]),
  )
  expect(told).toEqual({
    'function:destination': ['code'],
    'function:source': ['code'],
    'source:returns': [],
    'destination:web-prod': ['settings.storeUrl', 'settings.allowlist'],
    'filter:web-prod': ['if'],
  })
  const { steps } = await run(changed, { dist })
  expect(steps.map(({ key, changes }) => [key, changes.map(({ field }) => field)])).toEqual(
    Object.entries(told),
  )
  expect(twin.functions()[0]?.deployed?.code).toMatch(/changed\n$/)
  expect((await run(changed, { dist })).writes).toBe(0)
  await takeBack()
  expect(await picture(twin)).toEqual(before)
  expect(await takeBack()).toEqual([])
})

test('the Action Destination: five presets a source at five writes a minute, one changed by hand, one no longer wanted', async () => {
  const target = { ...OF_ACTION, sources: ['web-prod', 'app-prod'] }
  const { twin, run, waits, clock } = await open()
  const startedAt = clock.now()
  await run(target)
  expect(twin.mappings().map(({ name, actionSlug }) => [name, actionSlug])).toHaveLength(10)
  expect(twin.requests().filter(({ status }) => status === 429)).toEqual([])
  expect(clock.now() - startedAt).toBeGreaterThan(59_000)
  expect(waits.length).toBeGreaterThan(0)

  const [first] = twin.mappings()
  if (first) first.trigger = 'type = "track"'
  const { steps, writes } = await run(target)
  expect(writes).toBe(1)
  expect(steps.find(({ action }) => action === 'update')?.changes).toMatchObject([
    { field: 'trigger', from: 'type = "track"' },
  ])

  const fewer = await run({ ...target, sources: ['web-prod'] })
  expect(fewer.steps.filter(({ action }) => action === 'retire').map(({ key }) => key)[0]).toBe(
    'destination:app-prod',
  )
  expect(twin.destinations().map(({ enabled }) => enabled)).toEqual([true, false])
  expect((await run({ ...target, sources: ['web-prod'] })).writes).toBe(0)
  await run(target)
  expect(twin.destinations().map(({ enabled }) => enabled)).toEqual([true, true])
})

test('the tracking plan: rules as a whole, for each source', async () => {
  const target = { ...TARGET, tracking_plan: 'Shop' }
  const { twin, run, takeBack, sources } = await open()
  await run(target)
  const rules = loadPlanRules(path.join(ROOT, 'mappings')) ?? []
  expect(twin.trackingPlans()).toMatchObject([{ name: 'Shop', sourceIds: [sources[0]?.id] }])
  expect(twin.trackingPlans()[0]?.rules).toHaveLength(rules.length)
  expect((await run(target)).writes).toBe(0)
  const [plan] = twin.trackingPlans()
  if (plan) plan.rules = plan.rules.slice(1)
  const { steps } = await run(target)
  expect(steps.filter(({ action }) => action === 'update').map(({ key }) => key)).toEqual(['rules'])
  expect(twin.trackingPlans()[0]?.rules).toHaveLength(rules.length)
  await takeBack()
  expect(twin.trackingPlans()[0]?.rules).toHaveLength(rules.length - 1)
})

test('an insert function stands before a destination, with its id unprefixed', async () => {
  const { twin, run } = await open()
  await run()
  const [{ id } = { id: '' }] = twin.destinations()
  const target = { ...TARGET, insert_before: [{ id, settings: { destination: 'tracklayer' } }] }
  await run(target)
  expect(twin.insertInstances()).toMatchObject([
    { integrationId: id, enabled: true, settings: { destination: 'tracklayer' } },
  ])
  expect(twin.insertInstances()[0]?.classId).not.toMatch(/_/)
  expect((await run(target)).writes).toBe(0)
})

test('where the API deploys source functions only, the exact click is left, and is enough', async () => {
  const { twin, run } = await open({ deploys: 'sources-only' })
  const { steps } = await run()
  const [destination] = twin.functions()
  expect(steps.flatMap(({ key, clicks }) => (clicks.length > 0 ? [[key, clicks]] : []))).toEqual([
    ['function:destination', ['Connections → Catalog → Functions → TrackLayer → Save & Deploy']],
  ])
  expect((await run()).writes).toBe(0)
  twin.clickDeploy(destination?.id ?? '')
  const after = await run()
  expect(after.steps.flatMap(({ clicks }) => clicks)).toEqual([])
})

test('a token of another region says so; another workspace keeps its own state file', async () => {
  const { url, file } = await open()
  const clock = createHurriedClock()
  const stranger = createPublicApi({ baseUrl: url, token: 'of-the-eu', clock, fetch })
  await expect(stranger.get('/')).rejects.toThrow(/refuses the token \(401\).* region/)
  openStateFile(file, 'w', 'production').write({
    workspaceId: 'w',
    environment: 'production',
    resources: {},
    journal: [],
    isComplete: true,
  })
  expect(() => openStateFile(file, 'w', 'staging').read()).toThrow(
    /another workspace or environment/,
  )
})

test('code that does not read back byte for byte fails the deploy', async () => {
  const { run } = await open()
  const trimming: typeof fetch = (input, init) =>
    fetch(input, {
      ...init,
      ...(init?.body ? { body: String(init.body).replace(/\\n"/, '"') } : {}),
    })
  await expect(run(TARGET, { fetch: trimming })).rejects.toThrow(/reads back something else: code/)
})

type Twin = ReturnType<typeof createPublicApiTwin>

function madeIn(twin: Twin) {
  const { length: functions } = twin.functions()
  const { length: sources } = twin.sources()
  const { length: destinations } = twin.destinations()
  return { functions, sources, destinations, filters: twin.filters().length }
}

async function picture(twin: Twin) {
  return JSON.parse(
    JSON.stringify([
      twin
        .functions()
        .map(({ displayName, settings, deployed }) => [displayName, settings, deployed?.code]),
      twin.destinations(),
      twin.filters().map(({ updatedAt: _, ...filter }) => filter),
    ]),
  )
}

/** The network is gone at the n-th write, before it left or after it arrived, and stays gone. */
function breakingAt(n: number, when: 'before' | 'after'): typeof fetch {
  let writes = 0
  return async (input, init) => {
    const isWrite = init?.method !== 'GET'
    if (isWrite) writes++
    if (writes > n || (writes === n && when === 'before')) throw new Error('no more network')
    const answer = await fetch(input, init)
    if (isWrite && writes === n) throw new Error('no more network')
    return answer
  }
}
