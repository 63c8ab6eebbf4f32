// From an empty workspace to a traced event, with the programs a user runs: deploy and doctor against the twin of the Public
// API, the deployed function in a local Segment, a store process over HTTPS, and a rotation while events flow.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { realClock } from '../../cli/clock.ts'
import { createLocalAuthority } from '../../cli/tls/local-authority.ts'
import { createRandom } from '../../core/clock.ts'
import { secretFingerprint } from '../../core/secret-fingerprint.ts'
import {
  createPublicApiTwin,
  type PublicApiTwin,
} from '../../workspace/public-api/public-api-twin.ts'
import {
  createWorkspace,
  type FunctionHandle,
  type Listening,
  type Workspace,
} from '../../workspace/workspace.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { databaseUrl } from '../support/database-url.ts'
import { order, REALM_WORKER_FILE } from '../support/function-stage.ts'
import { type RecordingServer, startRecordingServer, text } from '../support/recording-server.ts'
import { until } from '../support/until.ts'
import { type RunningProgram, runProgram, startProgram } from './processes.ts'

const TOKEN = 'sgp_token-of-the-workspace'
const FIRST_SECRET = 'first-signing-secret-000001'
const API_KEY = 'api-key-of-production-1'
const directory = mkdtempSync(path.join(os.tmpdir(), 'tracklayer-chain-'))
const file = (name: string) => path.join(directory, name)
const authority = createLocalAuthority(Date.now())

let database: TestDatabase
let twin: PublicApiTwin
let api: Listening
let store: RunningProgram
let receiver: RecordingServer
let segment: Workspace
let tracking: Listening
let connected: FunctionHandle

beforeAll(async () => {
  database = await openTestDatabase()
  receiver = await startRecordingServer(text(200, 'ok'))
  twin = createPublicApiTwin({
    clock: realClock,
    random: createRandom(3),
    tokens: [TOKEN],
    deployTo: file('deployed'),
    deploys: 'every-kind',
    requestsPerMinute: 5000,
  })
  twin.addSource('web-prod')
  api = await twin.listen({ port: 0 })
  writeStoreFiles(30)
  store = await startProgram(
    [
      ...[
        'store',
        'serve',
        '--json',
        '--port',
        '0',
        '--mappings',
        path.join(__dirname, 'mappings'),
      ],
      ...['--tls-cert', file('cert.pem'), '--tls-key', file('key.pem')],
      ...['--env-file', file('store.env')],
    ],
    {
      TRACKLAYER_ACCOUNT: 'acct_live_123',
      TRACKLAYER_API_KEY_PRODUCTION: API_KEY,
      TRACKLAYER_ALLOW_PRIVATE_ADDRESSES: 'true',
      WEBHOOK_URL_PRODUCTION: receiver.url,
      WEBHOOK_SECRET_PRODUCTION: 'secret-of-the-webhook-0001',
      DATABASE_URL: databaseUrl(database.connection),
    },
  )
  writeMappings()
  segment = createWorkspace({
    clock: realClock,
    random: createRandom(4),
    realmWorkerFile: REALM_WORKER_FILE,
    trustedAuthority: authority.certificate,
    destinationRetry: { baseMs: 100, capMs: 200 },
  })
  segment.addSource({ name: 'shop', writeKey: 'wk_shop' })
  tracking = await segment.listen({ port: 0 })
})

afterAll(async () => {
  await segment?.close()
  await store?.stop()
  await api?.close()
  await receiver?.close()
  await database?.close()
  rmSync(directory, { recursive: true })
})

function writeStoreFiles(days: number) {
  const { cert, key } = authority.issue(['127.0.0.1'], days)
  writeFileSync(file('ca.pem'), authority.certificate)
  writeFileSync(file('cert.pem'), cert)
  writeFileSync(file('key.pem'), key)
  writeFileSync(file('store.env'), `TRACKLAYER_SECRET_PRODUCTION=${FIRST_SECRET}\n`)
}

function writeMappings(more = '') {
  mkdirSync(file('mappings'), { recursive: true })
  cpSync(path.join(__dirname, 'mappings'), file('mappings'), { recursive: true })
  writeFileSync(
    path.join(file('mappings'), 'deploy.yaml'),
    `environments:
  production:
    store_url: ${store.ready.url}
    account: acct_live_123
    sources: [web-prod]
    returns: null
${more}`,
  )
}

const VARIABLES = {
  SEGMENT_PUBLIC_API_TOKEN: TOKEN,
  TRACKLAYER_API_KEY: API_KEY,
  SEGMENT_WRITE_KEY: 'wk_shop',
}

function common() {
  return [
    ...['--mappings', file('mappings'), '--state', file('state.json'), '--api-url', api.url],
    ...['--env-file', file('store.env'), '--json'],
  ]
}

async function tracklayer(args: readonly string[], variables: Record<string, string> = VARIABLES) {
  const { code, stdout, stderr } = await runProgram([...args, ...common()], variables)
  expect(stdout + stderr).not.toContain(FIRST_SECRET)
  return { code, stderr, answer: stdout ? JSON.parse(stdout) : null }
}

async function doctor(variables?: Record<string, string>) {
  const args = ['doctor', '--ca', file('ca.pem'), '--tracking-url', tracking.url, '--timeout', '20']
  const { code, answer } = await tracklayer(args, variables)
  const findings: { check: string; state: string; words: string; fix?: string }[] = answer.findings
  const bad = findings.filter(({ state }) => state !== 'ok')
  return { code, findings, bad: bad.map(({ check, state }) => `${check}: ${state}`) }
}

test('an empty workspace: the doctor says what is missing, deploy makes it, and a second one writes nothing', async () => {
  const empty = await doctor({ ...VARIABLES, SEGMENT_WRITE_KEY: '' })
  expect(empty.code).toBe(1)
  expect(empty.bad).toEqual([
    'destination function "TrackLayer": failed',
    'destination "TrackLayer" of source web-prod: failed',
    'test event: skipped',
  ])
  expect((await tracklayer(['deploy', '--dry-run'])).code).toBe(4)
  const { code, answer } = await tracklayer(['deploy'])
  expect({ code, clicks: answer.clicks }).toEqual({ code: 0, clicks: [] })
  expect((await tracklayer(['deploy'])).answer.writes).toBe(0)
}, 60_000)

test('the deployed function in a local Segment: every link holds, one event traced to its destination', async () => {
  connected = await connect()
  const { code, findings, bad } = await doctor()
  expect({ code, bad }).toEqual({ code: 0, bad: [] })
  expect(findings.map(({ check }) => check.replace(/ [0-9a-f]{12}$/, ''))).toEqual([
    'token',
    'destination function "TrackLayer"',
    'destination "TrackLayer" of source web-prod',
    'certificate',
    'store',
    'clock',
    'signature',
    'test event',
  ])
  expect(findings.at(-1)?.words).toMatch(/^tracklayer-test-\S+: webhook delivered$/)
}, 60_000)

test('each broken link is seen, with its remedy', async () => {
  expect((await doctor({ ...VARIABLES, SEGMENT_PUBLIC_API_TOKEN: 'of-the-eu' })).bad).toEqual([
    'segment: failed',
  ])
  const [destination] = twin.destinations()
  if (!destination) throw new Error('nothing is deployed')
  const { settings } = destination
  destination.settings = { ...settings, environment: 'staging' }
  const changed = await doctor()
  destination.settings = settings
  expect(changed.bad).toEqual(['destination "TrackLayer" of source web-prod: failed'])
  expect(changed.findings.find(({ state }) => state === 'failed')).toMatchObject({
    words: 'settings.environment: staging → production',
    fix: 'tracklayer deploy',
  })
  const untrusted = await tracklayer(['doctor'], { ...VARIABLES, SEGMENT_WRITE_KEY: '' })
  expect(untrusted.code).toBe(1)
  expect(JSON.stringify(untrusted.answer)).toMatch(/is not trusted: \w+/)
}, 60_000)

test('a rotation while events flow loses none, and is proved step by step', async () => {
  const before = segment.counts().accepted
  const traffic = startTraffic()
  await until(() => segment.counts().accepted > before + 20)
  const args = [
    'keys',
    'rotate',
    '--ca',
    file('ca.pem'),
    '--yes',
    '--quiet',
    '2',
    '--patience',
    '30',
  ]
  const rotation = tracklayer(args)
  // Segment runs a function with the settings of the moment.
  await until(() => twin.destinations()[0]?.settings.secret !== FIRST_SECRET)
  connected.changeSettings({ ...twin.destinations()[0]?.settings })
  const { code, answer, stderr } = await rotation
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  expect(answer.steps.map(({ step }: { step: string }) => step)).toEqual([
    ...['add', 'accept', 'segment', 'turn', 'remove'],
  ])
  await until(() => segment.counts().accepted > before + 60)
  const sent = await traffic.stop()
  await segment.drain()
  const [{ stored } = { stored: 0 }] = await database.query<{ stored: number }>(
    "select count(distinct message_id)::int as stored from messages where message_id like 'flow-%'",
  )
  expect(stored).toBe(sent)
  // Not even put off: at no moment was a batch refused.
  const flow = segment.deliveries().filter(({ messageId }) => messageId.startsWith('flow-'))
  expect(flow.filter(({ attempts, status }) => attempts !== 1 || status !== 'delivered')).toEqual(
    [],
  )
  const secret = readFileSync(file('store.env'), 'utf8').trim().split('=')[1] ?? ''
  expect(secret).toMatch(/^[0-9a-f]{64}$/)
  expect(answer.live).toEqual([secretFingerprint(secret)])
  expect((await tracklayer(['deploy'])).answer.writes).toBe(0)
}, 90_000)

test('a certificate that runs out is told before and after, and renewed without a restart', async () => {
  for (const [days, state] of [
    [5, 'certificate: warning'],
    [-2, 'certificate: failed'],
    [60, undefined],
  ] as const) {
    const { cert, key } = authority.issue(['127.0.0.1'], days)
    writeFileSync(file('key.pem'), key)
    writeFileSync(file('cert.pem'), cert)
    await until(async () => {
      const { bad } = await doctor({ ...VARIABLES, SEGMENT_WRITE_KEY: '' })
      return bad.find((each) => each.startsWith('certificate')) === state
    })
  }
}, 90_000)

/** The deployed code with the deployed settings, as Segment connects it. */
async function connect() {
  const [{ id } = { id: '' }] = twin.functions()
  return segment.addDestinationFunction({
    name: 'TrackLayer',
    file: twin.deployedFile(id) ?? '',
    settings: { ...twin.destinations()[0]?.settings },
    sources: ['shop'],
    batch: { windowMs: 100 },
  })
}

function startTraffic() {
  let sent = 0
  let isOn = true
  const run = (async () => {
    while (isOn) {
      segment.inject('wk_shop', order(`flow-${++sent}`))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  return {
    async stop() {
      isOn = false
      await run
      return sent
    },
  }
}
