// What the consent page reads, over the HTTP API: decisions, what is held and for what, and what revocations brought.
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { claimDeliveries, recordDeliveries, type Settlement } from '../../store/deliveries.ts'
import { consent, membership, setAudienceStage } from '../support/audience-stage.ts'
import { useDatabase } from '../support/database.ts'
import { agreedOrder, type ReplayStage, setReplayStage } from '../support/replay-stage.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { createTestStore } from '../support/store.ts'

const database = useDatabase()
const DAY_MS = 24 * 3_600_000

interface Consents {
  destinations: { name: string; asks: unknown; decisions: Record<string, number> }[]
  held: { destination: string; reason: string; count: number; first_due_at: string }[]
}
interface HeldPage {
  held: { delivery_id: string; message_id: string; due_at: string; waits_for: string[] }[]
  next_cursor: string | null
}
interface RevocationPage {
  revocations: { categories: string[]; message_id: string; withdrawn: object; removed: object }[]
  next_cursor: string | null
}

const says = (who: string, answers: Record<string, boolean>, over: JsonObject = {}) => ({
  type: 'identify',
  messageId: `said-${who}-${JSON.stringify(answers)}`,
  userId: who,
  timestamp: '2026-04-23T10:15:10.000Z',
  context: { consent: { categoryPreferences: answers } },
  ...over,
})

describe('decisions, held events and revocations', () => {
  let stage: ReplayStage
  beforeEach(async () => {
    stage = await setReplayStage(database)
  })
  afterEach(() => stage.close())

  const read = async <Body>(path: string): Promise<Body> =>
    (await (await stage.store.read(`/v1/consents${path}`)).json()) as Body
  const decisions = async (window = '24h') =>
    Object.fromEntries(
      (await read<Consents>(`?window=${window}`)).destinations.map((each) => [
        each.name,
        each.decisions,
      ]),
    )
  const refused = { context: { consent: { categoryPreferences: { Advertising: false } } } }

  test('tells what each destination asks for, and how often it got which answer', async () => {
    await stage.store.send([
      agreedOrder('yes'),
      orderMessage('no', { ...refused }),
      orderMessage('open', { anonymousId: 'a-1' }),
    ])
    const worker = stage.start()
    await worker.recorded(6)
    const { destinations, held } = await read<Consents>('')
    expect(destinations.map(({ name, asks }) => [name, asks])).toEqual([
      [
        'ga4',
        expect.objectContaining({ categories: ['Analytics'], require: 'all', unknown: 'deny' }),
      ],
      [
        'meta',
        {
          categories: ['Advertising'],
          require: 'all',
          unknown: 'hold',
          hold_ms: 7 * DAY_MS,
          when: null,
        },
      ],
    ])
    expect(await decisions()).toEqual({
      // What is not in an event's answers was refused there (segment.md 5).
      ga4: { granted: 1, denied: 1, denied_unknown: 1 },
      meta: { granted: 1, denied: 1 },
    })
    expect(held).toMatchObject([{ destination: 'meta', reason: 'consent_unknown', count: 1 }])

    stage.clock.advance(7 * DAY_MS)
    await worker.recorded(7)
    expect((await decisions('1h')).meta).toEqual({ expired: 1 })
    expect((await read<Consents>('')).held).toEqual([])
  })

  test('lists what is held, the one that runs out first at the top, and what it waits for', async () => {
    const worker = stage.start()
    for (const name of ['o1', 'o2', 'o3']) {
      await stage.store.send([orderMessage(name)])
      stage.clock.advance(1_000)
    }
    await worker.recorded(6)
    const first = await read<HeldPage>('/held?limit=2')
    expect(first.held).toMatchObject([
      { message_id: 'msg-o1', waits_for: ['Advertising'] },
      { message_id: 'msg-o2', waits_for: ['Advertising'] },
    ])
    const second = await read<HeldPage>(`/held?limit=2&cursor=${first.next_cursor}`)
    expect(second.held.map((each) => each.message_id)).toEqual(['msg-o3'])
    expect(second.next_cursor).toBeNull()
    expect((await read<HeldPage>('/held?destination=ga4')).held).toEqual([])
    expect((await stage.store.read('/v1/consents/held?cursor=x')).status).toBe(400)
    expect((await read<HeldPage>('/held')).held).toHaveLength(3)
    expect(await (await stage.store.read('/v1/consents/held', 'staging')).json()).toMatchObject({
      held: [],
    })
  })

  test('a released event is asked about again: held while nobody has answered, sent once somebody has', async () => {
    const worker = stage.start()
    await stage.store.send([orderMessage('o1')])
    await worker.recorded(2)
    const [held] = (await read<HeldPage>('/held')).held
    await stage.ask(`/v1/deliveries/${held?.delivery_id}/release`)
    await worker.recorded(3)
    expect((await read<HeldPage>('/held')).held).toEqual([held])
    await stage.store.send([says('user-o1', { Advertising: true })])
    await worker.recorded(4)
    expect(await stage.states('meta')).toEqual({ 'msg-o1': 'delivered' })
    expect((await decisions()).meta).toEqual({ granted: 1 })
  })

  test('a no after a yes is a revocation, with the deliveries it withdrew', async () => {
    await stage.store.send([says('user-o1', { Advertising: true, Analytics: true })])
    await stage.store.send([orderMessage('o1', { timestamp: '2026-04-23T10:15:20.000Z' })])
    stage.clock.advance(1_000)
    const no = says('user-o1', { Advertising: false }, { timestamp: '2026-04-23T10:15:25.000Z' })
    await stage.store.send([no])
    // Said again, or by somebody who never said yes: nothing is revoked.
    await stage.store.send([
      says('user-o1', { Advertising: false }, { messageId: 'again' }),
      says('user-o2', { Advertising: false }),
    ])
    stage.start()
    await stage.atRest()
    const { revocations } = await read<RevocationPage>('/revocations')
    expect(revocations).toMatchObject([
      {
        categories: ['Advertising'],
        message_id: no.messageId,
        canonical_user_id: 'user-o1',
        withdrawn: { meta: 1 },
        removed: {},
      },
    ])
    expect(await stage.states('ga4')).toEqual({ 'msg-o1': 'delivered' })
  })

  test('a yes said before anybody was known is revoked by the person it turned out to be', async () => {
    const visitor = { userId: undefined, anonymousId: 'a-7' }
    await stage.store.send([says('visitor', { Advertising: true }, visitor)])
    await stage.store.send([
      { type: 'identify', messageId: 'login', userId: 'u7', anonymousId: 'a-7' },
    ])
    stage.clock.advance(1_000)
    const at = { timestamp: '2026-04-23T10:15:29.000Z' }
    await stage.store.send([says('u7', { Advertising: false }, at)])
    const { revocations } = await read<RevocationPage>('/revocations')
    expect(revocations).toMatchObject([{ categories: ['Advertising'], canonical_user_id: 'u7' }])
  })
})

test.each([
  { reason: 'too_old', decided: { expired: 1 } },
  { reason: 'superseded', decided: {} },
] as const)('what was held and ends as $reason counts as $decided', async ({ reason, decided }) => {
  const store = createTestStore(database, { destinations: ['webhook'] })
  await store.send([orderMessage('o1')])
  const settle = async (settlement: Settlement, decision: JsonObject | null) => {
    const options = { environment: 'production', destination: 'webhook', limit: 1, leaseMs: 1_000 }
    const [delivery] = await claimDeliveries(store.database, options)
    if (!delivery) throw new Error('nothing is due')
    await recordDeliveries(store.database, [{ delivery, settlement, attempt: null, decision }])
  }
  const dueAt = new Date(store.clock.now())
  const open = [{ category: 'Advertising', state: 'unknown', source: null, messageId: null }]
  await settle(
    { state: 'held', reason: 'consent_unknown', dueAt },
    { consent: { state: 'unknown', evidence: open } },
  )
  await settle({ state: 'filtered', reason }, null)
  const { destinations } = (await (await store.read('/v1/consents')).json()) as Consents
  expect(destinations).toMatchObject([{ name: 'webhook', asks: null, decisions: decided }])
  expect(destinations[0]?.decisions).toEqual(decided)
})

test('a revocation names the removals from audiences it brought', async () => {
  const table = parseAudiencesFile(
    'audiences:\n  vip: { keys: [vip], destinations: [meta-audiences] }',
    'audiences.yaml',
  )
  const stage = await setAudienceStage(database, { table, platforms: ['meta-audiences'] })
  try {
    await stage.store.send([consent('ann', true)])
    stage.start()
    await stage.store.send([membership('ann', true, 1)])
    await stage.settled()
    expect(await stage.membersAt('meta-audiences')).toHaveLength(1)
    await stage.store.send([consent('ann', false, 5)])
    await stage.settled()
    expect(await stage.membersAt('meta-audiences')).toEqual([])
    const answer = await stage.store.read('/v1/consents/revocations')
    const { revocations } = (await answer.json()) as RevocationPage
    expect(revocations).toMatchObject([
      { categories: ['Advertising', 'Marketing'], removed: { 'meta-audiences': 1 } },
    ])
  } finally {
    await stage.close()
  }
})
