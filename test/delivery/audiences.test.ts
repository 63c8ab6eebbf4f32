// Transitions on their way out, and audiences as a condition: from a signed batch to the requests that leave.
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import { createRandom } from '../../core/clock.ts'
import { type DestinationFile, parseDestinationFile } from '../../core/destination-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { createAudienceGate } from '../../delivery/audience-gate.ts'
import { createDestination } from '../../delivery/definitions.ts'
import type { Destination } from '../../delivery/destination.ts'
import { createTransport } from '../../delivery/transport.ts'
import { listen } from '../../workspace/listen.ts'
import { createMetaTwin } from '../../workspace/twins/meta/meta-twin.ts'
import { useDatabase } from '../support/database.ts'
import {
  CATALOGUE,
  createGate,
  destinationTo,
  NO_RETURNS,
  type RunningWorker,
  startWorker,
} from '../support/delivery.ts'
import {
  after,
  type RecordingServer,
  startRecordingServer,
  text,
} from '../support/recording-server.ts'
import { ACCOUNT, orderMessage } from '../support/signed-batch.ts'
import { createTestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
const transport = createTransport({ allowPrivateAddresses: true })
afterAll(() => transport.close())

const TABLE = parseAudiencesFile(
  `audiences:
  vip: { keys: [vip], destinations: [crm] }
  large: { keys: [large], minimum_size: 3, destinations: [crm] }
  careful:
    keys: [careful]
    destinations: [crm]
    consent: { categories: [Advertising], unknown: hold }`,
  'audiences.yaml',
)

let store: ReturnType<typeof createTestStore>
let crm: RecordingServer
let events: RecordingServer
let workers: RunningWorker[]

beforeEach(async () => {
  store = createTestStore(database, {
    destinations: ['webhook', 'crm', 'meta'],
    audienceOnly: ['crm'],
    audiences: TABLE,
  })
  crm = await startRecordingServer(text(200, 'ok'))
  events = await startRecordingServer(text(200, 'ok'))
  workers = []
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await Promise.all([crm.close(), events.close()])
})

function start(
  destinations: readonly Destination[] = [webhook('webhook', events), webhook('crm', crm)],
) {
  const audienceGate = createAudienceGate(store.database, TABLE, CATALOGUE)
  const worker = startWorker(store.database, destinations, { audienceGate })
  workers.push(worker)
  return worker
}

function webhook(name: string, { url }: RecordingServer): Destination {
  return destinationTo({ name, url, transport: transport.send, clock: store.clock })
}

let counter = 0
function membership(key: string, user: string, inside: boolean, minute: number): JsonObject {
  return {
    type: 'track',
    event: inside ? 'Audience Entered' : 'Audience Exited',
    messageId: `personas_${++counter}`,
    userId: user,
    timestamp: new Date(Date.UTC(2026, 3, 23, 10, minute)).toISOString(),
    properties: { audience_key: key, [key]: inside },
    context: {
      personas: {
        computation_class: 'audience',
        computation_id: `aud_${key}`,
        computation_key: key,
      },
    },
  }
}

const sentTo = ({ requests }: RecordingServer) =>
  requests.map(({ body }) => {
    const { event } = JSON.parse(body.toString()) as { event: JsonObject }
    return `${event.tracklayer_event} ${event.canonical_user_id}`
  })

const states = (destination = 'crm') =>
  database.query<{ name: string; state: string; reason: string | null }>(
    `select e.name, d.state, d.reason from deliveries d join events e on e.id = d.event_id
     where d.destination = $1 order by d.id`,
    [destination],
  )
const statesOf = async (destination?: string) =>
  (await states(destination)).map(({ name, state, reason }) =>
    [name.replace('audience_', ''), state, reason].filter(Boolean).join(' '),
  )

describe('transitions', () => {
  test('go to the destinations their audience names, events to the others', async () => {
    await store.send([membership('vip', 'u1', true, 1), orderMessage('o1')])
    await start().recorded(2)
    expect(sentTo(crm)).toEqual(['audience_entered u1'])
    expect(sentTo(events)).toEqual(['purchase user-o1'])
    expect(await statesOf('meta')).toEqual(['purchase pending'])
  })

  test('what was overtaken is not sent any more', async () => {
    await store.send([membership('vip', 'u1', true, 1)])
    await store.send([membership('vip', 'u1', false, 2)])
    await store.send([membership('vip', 'u1', true, 3), membership('vip', 'u2', true, 3)])
    await start().recorded(4)
    expect(sentTo(crm).sort()).toEqual(['audience_entered u1', 'audience_entered u2'])
    expect(await statesOf()).toEqual([
      'entered filtered superseded',
      'exited filtered superseded',
      'entered delivered',
      'entered delivered',
    ])
  })

  test('an exit waits while the entry is being sent, so that it cannot arrive first', async () => {
    const gate = createGate()
    crm.next(after(gate.opened, text(200, 'ok')))
    await store.send([membership('vip', 'u1', true, 1)])
    const worker = start()
    await until(() => crm.requests.length === 1)
    await store.send([membership('vip', 'u1', false, 2)])
    await worker.recorded(1)
    expect(await statesOf()).toEqual(['entered pending', 'exited held earlier_under_way'])
    gate.open()
    await worker.recorded(2)
    store.clock.advance(2_000)
    await worker.recorded(3)
    expect(sentTo(crm)).toEqual(['audience_entered u1', 'audience_exited u1'])
  })

  test('an entry that was taken along by a merge is overtaken by what the merge brought', async () => {
    const visitor = { ...membership('vip', '', true, 1), userId: null, anonymousId: 'a1' }
    await store.send([visitor])
    await store.send([membership('vip', 'u1', false, 2)])
    await store.send([{ type: 'identify', messageId: 'i1', userId: 'u1', anonymousId: 'a1' }])
    await start().recorded(2)
    expect(sentTo(crm)).toEqual(['audience_exited u1'])
  })

  test('whoever enters a small audience waits until it is large enough; who leaves does not', async () => {
    await store.send([membership('large', 'u1', true, 1), membership('large', 'u2', true, 1)])
    const worker = start()
    await worker.recorded(2)
    expect(await statesOf()).toEqual(Array(2).fill('entered held below_minimum_size'))
    await store.send([membership('large', 'u2', false, 2)])
    await worker.recorded(3)
    expect(sentTo(crm)).toEqual(['audience_exited u2'])
    await store.send([membership('large', 'u3', true, 3), membership('large', 'u4', true, 3)])
    await until(() => crm.requests.length === 4)
    await until(async () => !(await statesOf()).some((state) => /held|pending/.test(state)))
    expect(sentTo(crm).slice(1).sort()).toEqual([
      'audience_entered u1',
      'audience_entered u3',
      'audience_entered u4',
    ])
    expect(await statesOf()).toContain('entered filtered superseded')
    expect(await (await store.read('/v1/reconcile')).json()).toMatchObject({ balanced: true })
  })

  test('whoever enters waits for consent, and is released by it; a removal never waits', async () => {
    await store.send([membership('careful', 'u1', true, 1), membership('careful', 'u2', true, 1)])
    const worker = start()
    await worker.recorded(2)
    expect(await statesOf()).toEqual(Array(2).fill('entered held consent_unknown'))
    await store.send([
      {
        type: 'identify',
        messageId: 'yes',
        userId: 'u1',
        timestamp: '2026-04-23T10:15:00.000Z',
        context: { consent: { categoryPreferences: { Advertising: true } } },
      },
    ])
    await worker.recorded(3)
    expect(sentTo(crm)).toEqual(['audience_entered u1'])
    await store.send([membership('careful', 'u2', false, 2)])
    await worker.recorded(4)
    expect(sentTo(crm)).toEqual(['audience_entered u1', 'audience_exited u2'])
  })
})

const META = `
definition: meta-conversions
settings: {}
mapping:
  event_name: Purchase
  event_time: { "@path": $.occurred_at }
  event_id: { "@path": $.properties.event_id }
  action_source: system_generated
  user_data: { external_id: [{ "@path": $.canonical_user_id }] }
  custom_data: { value: 1, currency: EUR }
`

describe('audiences as a condition', () => {
  async function deliverOrders(file: DestinationFile) {
    const twin = createMetaTwin({
      clock: store.clock,
      random: createRandom(7),
      tokens: [{ token: 'good' }],
      pixelIds: ['77'],
    })
    const server = await listen(twin.app, 0)
    const sent: string[] = []
    const recording: typeof transport.send = (request) => {
      sent.push(String(request.body))
      return transport.send(request)
    }
    try {
      const destination = createDestination({
        name: 'meta',
        account: ACCOUNT,
        environment: 'production',
        file,
        settings: { pixelId: '77', accessToken: 'good', apiVersion: 'v24.0', baseUrl: server.url },
        returns: NO_RETURNS,
        catalogue: CATALOGUE,
        transport: recording,
        clock: store.clock,
      })
      await store.send([
        membership('vip', 'member', true, 1),
        membership('churned', 'gone', true, 1),
        membership('churned', 'back', true, 1),
        membership('churned', 'back', false, 2),
      ])
      const at = { timestamp: '2026-04-23T10:15:00.000Z' }
      await store.send([
        ...['member', 'gone', 'back'].map((userId) => orderMessage(userId, { userId, ...at })),
      ])
      await start([destination]).recorded(3)
      const outcomes = await database.query<{ outcome: string }>(
        `select coalesce(d.reason, d.state) as outcome from deliveries d join events e on e.id = d.event_id
         where d.destination = 'meta' order by array_position(array['member', 'gone', 'back'], e.dedup_key)`,
      )
      return { destination, sent, states: outcomes.map(({ outcome }) => outcome) }
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()))
      await server.close()
    }
  }

  function fileWith(trigger: string, consent = ''): DestinationFile {
    const subscription = `subscriptions: [{ name: Orders, trigger: '${trigger}', action: sendEvent }]`
    return parseDestinationFile(`${META}\n${consent}\n${subscription}`, 'meta.yaml')
  }

  test.each([
    { trigger: 'in_audience("vip")', states: ['delivered', 'trigger', 'trigger'] },
    { trigger: 'in_audience("aud_vip")', states: ['delivered', 'trigger', 'trigger'] },
    { trigger: 'not in_audience("churned")', states: ['delivered', 'trigger', 'delivered'] },
    { trigger: '!in_audience("churned")', states: ['delivered', 'trigger', 'delivered'] },
  ])('$trigger', async ({ trigger, states: wanted }) => {
    const { states: found, destination } = await deliverOrders(fileWith(trigger))
    expect(destination.readsAudiences).toBe(true)
    expect(found).toEqual(wanted)
  })

  test('a mapping that asks gets the ids of the audiences, and others ask for nothing', async () => {
    const plain = await deliverOrders(fileWith('type != "none"'))
    expect(plain.destination.readsAudiences).toBe(false)
    const asking = META.replace('EUR }', 'EUR, content_ids: { "@path": $.audiences } }')
    const file = parseDestinationFile(
      `${asking}\nsubscriptions: [{ name: Orders, trigger: 'in_audience("vip")', action: sendEvent }]`,
      'meta.yaml',
    )
    await database.clear()
    const { sent } = await deliverOrders(file)
    expect(sent).toEqual([expect.stringContaining('"content_ids":["vip"]')])
  })

  test('a consent rule asks only those it is for', async () => {
    const consent = `consent: { categories: [Advertising], unknown: deny, when: 'not in_audience("vip")' }`
    const { states: found } = await deliverOrders(fileWith('type != "none"', consent))
    expect(found).toEqual(['delivered', 'consent_denied', 'consent_denied'])
  })
})
