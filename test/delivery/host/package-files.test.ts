// Files that name definitions of the package: the documented example, and files that cannot be run.

import { readFileSync } from 'node:fs'
import { type DestinationFile, parseDestinationFile } from '../../../core/destination-schema.ts'
import { TrackLayerError } from '../../../core/errors.ts'
import { loadDestinations } from '../../../delivery/load-destinations.ts'
import { createTransport, type Transport } from '../../../delivery/transport.ts'
import { CATALOGUE, NO_RETURNS } from '../../support/delivery.ts'
import { json, type RecordingServer, startRecordingServer } from '../../support/recording-server.ts'
import { ACCOUNT } from '../../support/signed-batch.ts'
import { catchAll, claimed, clock, deliver } from './stage.ts'

const transport = createTransport({ allowPrivateAddresses: true })
let server: RecordingServer
beforeEach(async () => {
  server = await startRecordingServer(json(200, {}))
})
afterEach(() => server.close())
afterAll(() => transport.close())

const VARIABLES = { SECRET_PRODUCTION: 'secret-1' }

function load(
  files: Readonly<Record<string, string>>,
  send: Transport,
  variables = VARIABLES as object,
) {
  const parsed = Object.entries(files).map(([name, text]): [string, DestinationFile] => [
    name,
    parseDestinationFile(text, `${name}.yaml`),
  ])
  return loadDestinations({
    account: ACCOUNT,
    environments: ['production'],
    files: new Map(parsed),
    catalogue: CATALOGUE,
    returns: NO_RETURNS,
    variables: variables as Readonly<Record<string, string>>,
    transport: send,
    clock,
  })
}

const consenting = (at: number) =>
  claimed({ consent: { Analytics: true }, properties: { event_id: `e${at}`, value: at } }, at)

test('the documented webhook works as it stands', async () => {
  const [, text = ''] =
    /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/package-destinations.md', 'utf8')) ?? []
  const { active, broken } = load({ 'partner-hook': text }, catchAll(transport, server.url), {
    PARTNER_HOOK_SECRET_PRODUCTION: 'hook-secret-1',
  })
  expect(broken).toEqual([])
  const results = await active[0]?.deliver([consenting(1), consenting(2)])

  expect(results).toMatchObject([{ kind: 'delivered' }, { kind: 'delivered' }])
  expect(server.requests).toHaveLength(1)
  const [request] = server.requests
  expect(request).toMatchObject({ path: '/partner.example/events', headers: { 'x-shop': 'trail' } })
  expect(request?.headers['x-signature']).toMatch(/^[0-9a-f]{40}$/)
  expect(JSON.parse(String(request?.body))).toEqual([
    { event: 'purchase', event_id: 'e1', value: 1 },
    { event: 'purchase', event_id: 'e2', value: 2 },
  ])
})

describe('a file whose definition cannot be run', () => {
  const HOOK = `definition: webhook\nsettings: { url: "https://example.com/in", secret: "\${SECRET}" }\n`
  const rows = [
    { text: 'definition: klavio\n', fault: 'no definition "klavio"; want one of webhook' },
    { text: 'definition: ../../evil\n', fault: 'no definition "../../evil"' },
    {
      text: 'definition: salesforce-marketing-cloud\n',
      fault: 'does not load',
    },
    { text: 'definition: klaviyo\n', fault: 'setting "api_key" (API Key) is required' },
    {
      text: `definition: klaviyo\nsettings: { api_key: "\${SECRET}" }\nsubscriptions: [{ name: A, trigger: tracklayer_event != null, action: nope }]\n`,
      fault: 'subscription "A": no action "nope"',
    },
  ]
  test.each(rows)('is named with the fix, and harms no other: $fault', async ({ text, fault }) => {
    const send: Transport = async () => ({ status: 200, headers: {}, body: '' })
    const { active, broken } = load({ bad: text, hook: HOOK }, send)

    expect(broken).toEqual([
      { name: 'bad', environment: 'production', reason: expect.stringContaining(fault) },
    ])
    expect(broken[0]?.reason).toContain('mappings/destinations/bad.yaml')
    const [bad, hook] = active
    expect(await hook?.deliver([claimed()])).toMatchObject([{ kind: 'delivered' }])
    // What is owed to it waits: the destination pauses, and nothing is dead.
    expect(await bad?.deliver([claimed()])).toMatchObject([
      { kind: 'failed', retryable: true, isCredential: true },
    ])
  })
})

test('an origin of the definition can be another address', async () => {
  const { active } = load(
    {
      k: [
        'definition: klaviyo',
        `settings: { api_key: "\${SECRET}" }`,
        `addresses: { "https://a.klaviyo.com": "${server.url}/proxy/" }`,
        'mapping: { unique_id: x, metric_name: M, properties: {}, profile: { external_id: u } }',
        'subscriptions: [{ name: A, trigger: tracklayer_event != null, action: trackEvent }]',
      ].join('\n'),
    },
    transport.send,
  )
  expect(await active[0]?.deliver([claimed()])).toMatchObject([{ kind: 'delivered' }])
  expect(server.requests[0]?.path).toBe('/proxy/api/events/')
})

test('an action of several requests ends within the timeout of one attempt', async () => {
  // Each answer takes 60 % of the time there is; a second request must not get a whole one again.
  const timeouts: number[] = []
  const slow: Transport = async ({ timeoutMs }) => {
    timeouts.push(timeoutMs)
    clock.advance(Math.min(timeoutMs, 600))
    if (timeoutMs < 600) throw new TrackLayerError('TIMED_OUT', `no answer within ${timeoutMs} ms`)
    return { status: 200, headers: {}, body: '{"data":{"id":"p1"}}' }
  }
  const [result] = await deliver({
    definition: 'klaviyo',
    action: 'addProfileToList',
    settings: { api_key: 'pk_secret' },
    mapping: { email: 'jane@example.com', list_id: 'L1' },
    timeoutMs: 1000,
    transport: slow,
  })
  expect(timeouts).toEqual([1000, 400])
  expect(result).toMatchObject({
    kind: 'failed',
    retryable: true,
    reason: 'no answer within 400 ms',
  })
})
