// Every audience destination against the twin of its platform, over HTTP: who is in the audience afterwards.
import type { JsonObject } from '../../../core/json.ts'
import { listen } from '../../../workspace/listen.ts'
import { drive, errorFrom, type Node } from '../drive.ts'
import {
  change,
  emails,
  JANE,
  mappingOf,
  platformCases,
  type RemoteAudiences,
  remoteOf,
  type StagedTwin,
} from './platforms.ts'

describe.each(platformCases)('%s', (_, platform) => {
  let staged: StagedTwin
  let server: Awaited<ReturnType<typeof listen>>
  let remote: RemoteAudiences
  let audience: string
  let overrides: JsonObject
  const settings = () => ({ ...platform.settings(server.url), ...overrides })
  const { auth } = platform
  const driven = drive(platform.definition, settings, { action: 'syncAudience', auth })
  const mapping = mappingOf(platform)
  const sync = (...events: readonly object[]): Promise<Node[]> => driven.batch(events, mapping)
  const statuses = (nodes: readonly Node[]) => nodes.map(({ status }) => status)
  const inside = (id = audience) => [...staged.members(id)].sort()
  const kept = (...people: readonly string[]) =>
    emails(...people)
      .map(platform.kept)
      .sort()
  const create = (audienceName: string, computation_id = 'aud_1') =>
    remote.createAudience({
      settings: settings(),
      audienceName,
      personas: { computation_id, computation_key: 'vip', namespace: 'spa' },
    })

  beforeEach(async () => {
    overrides = {}
    staged = platform.stage()
    server = await listen(staged.twin.app, 0)
    remote = remoteOf(platform)
    audience = (await create('VIP customers')).externalId
  })
  afterEach(() => server.close())

  const enter = (who: string, at?: string) => change({ who, audience, ...(at ? { at } : {}) })
  const leave = (who: string, at?: string) =>
    change({ who, audience, isMember: false, ...(at ? { at } : {}) })

  test('an audience is made once, and found again after a lost answer', async () => {
    expect(await create('VIP customers')).toEqual({ externalId: audience })
    staged.twin.faults.next('lost-reset')
    await errorFrom(create('Churned'))
    const { externalId } = await create('Churned')
    expect(externalId).not.toBe(audience)
    expect(await create('Churned')).toEqual({ externalId })
    expect(await remote.getAudience({ settings: settings(), externalId })).toEqual({ externalId })
  })

  test('an audience that is not there is said to be missing', async () => {
    const call = remote.getAudience({ settings: settings(), externalId: '404404' })
    expect(await errorFrom(call)).toMatchObject({ status: 404, code: 'AUDIENCE_NOT_FOUND' })
  })

  test('entries and exits of a batch, a member again, and a stranger', async () => {
    await sync(enter('ann'), enter('bob'), enter('cyd'))
    expect(inside()).toEqual(kept('ann', 'bob', 'cyd'))
    const nodes = await sync(enter('dan'), leave('ann'), enter('bob'), leave('stranger'))
    expect(statuses(nodes)).toEqual([200, 200, 200, 200])
    expect(inside()).toEqual(kept('bob', 'cyd', 'dan'))
  })

  test('a single change', async () => {
    await driven.single(enter('ann'), mapping)
    expect(inside()).toEqual(kept('ann'))
    await driven.single(leave('ann'), mapping)
    expect(inside()).toEqual([])
  })

  test('who enters, leaves and enters again is a member', async () => {
    for (const event of [enter('ann'), leave('ann'), enter('ann')]) await sync(event)
    expect(inside()).toEqual(kept('ann'))
  })

  test('of an entry and an exit in one batch the later counts, in whatever order they stand', async () => {
    const [first, second, third] = ['01', '02', '03'].map((day) => `2026-04-${day}T00:00:00.000Z`)
    const nodes = await sync(
      leave('ann', second),
      enter('ann', first),
      enter('bob', first),
      leave('bob', second),
      enter('bob', third),
      enter('cyd', second),
      leave('cyd', first),
    )
    expect(statuses(nodes)).toEqual(Array(7).fill(200))
    expect(inside()).toEqual(kept('bob', 'cyd'))
  })

  test('two audiences in one batch get each their own', async () => {
    const { externalId: other } = await create('Churned', 'aud_2')
    await sync(enter('ann'), change({ who: 'bob', audience: other }), enter('cyd'))
    expect(inside()).toEqual(kept('ann', 'cyd'))
    expect(inside(other)).toEqual(kept('bob'))
  })

  test('an audience that is not there costs its own changes only', async () => {
    const nodes = await sync(enter('ann'), change({ who: 'bob', audience: '404404' }))
    expect(statuses(nodes)).toEqual([200, 403])
    expect(nodes[1]?.errortype).toBe('AUDIENCE_UNAVAILABLE')
    expect(inside()).toEqual(kept('ann'))
    const alone = sync(change({ who: 'bob', audience: '404404' }))
    expect(await errorFrom(alone)).toMatchObject({ status: 403, code: 'AUDIENCE_UNAVAILABLE' })
  })

  test('a person without identifiers, or an audience without an id, fails alone', async () => {
    const nobody = { ...enter('ann'), user: {}, canonical_user_id: null }
    const nodes = await sync(
      enter('bob'),
      nobody,
      change({ who: 'cyd', audience: '' }),
      enter('dan'),
    )
    expect(statuses(nodes)).toEqual([200, 400, 400, 200])
    expect(nodes[2]?.errormessage).toContain('"vip_customers" has no remote audience yet')
    expect(inside()).toEqual(kept('bob', 'dan'))
  })

  test('a lost answer is sent again, and changes nothing the second time', async () => {
    const events = [enter('ann'), enter('bob')]
    staged.twin.faults.next('lost-reset')
    expect(await errorFrom(sync(...events))).toMatchObject({ code: 'ECONNRESET' })
    expect(inside()).toEqual(kept('ann', 'bob'))
    await sync(...events)
    expect(inside()).toEqual(kept('ann', 'bob'))
    const [sent, again] = staged.twin.requests().slice(-2)
    expect(again?.body).toEqual(sent?.body)
  })

  test.each([
    ['rate-limited', 429],
    ['server-error', 500],
    ['lost-timeout', 504],
  ] as const)('%s may pass later', async (fault, status) => {
    staged.twin.faults.next(fault)
    const error = await errorFrom(sync(enter('ann'), enter('bob')))
    // TikTok's own trouble comes with HTTP 200.
    const wanted = platform.name === 'tiktok' && status === 500 ? 503 : status
    expect(error).toMatchObject({ status: wanted, code: 'RETRYABLE_ERROR' })
  })

  test('of two requests the one that failed is sent again, and the other stands', async () => {
    await sync(enter('ann'))
    // Removals go first.
    staged.twin.faults.next('rate-limited')
    const nodes = await sync(enter('bob'), leave('ann'))
    expect(statuses(nodes)).toEqual([200, 429])
    expect(inside()).toEqual(kept('ann', 'bob'))
  })

  test('wrong credentials are the credentials’ fault', async () => {
    overrides = platform.wrongCredentials
    const wrong = drive(platform.definition, settings, {
      action: 'syncAudience',
      ...(auth ? { auth: { ...auth, accessToken: 'wrong' } } : {}),
    })
    expect(await errorFrom(wrong.batch([enter('ann')], mapping))).toMatchObject({ status: 401 })
    expect(await errorFrom(create('Another'))).toMatchObject({ status: 401 })
    expect(inside()).toEqual([])
  })

  test('Jane is recognised: her identifiers are normalised as the platform does it', async () => {
    const jane = { ...enter('jane'), canonical_user_id: 'cust_10482' }
    await sync({
      ...jane,
      user: { email: ' Jane.Doe@Example.com ', phone: '0151 23456789', country: 'DE' },
    })
    expect(inside()).toEqual([platform.kept(JANE.email)])
    const { audiences } = staged.twin as unknown as {
      audiences?: { members(id: string): readonly JsonObject[] }
    }
    if (audiences) {
      expect(audiences.members(audience)).toMatchObject([{ isMatched: true, notes: [] }])
    }
  })
})

// The platforms that take 10,000 go through the same code; a batch of that size costs seconds of actions-core's validation.
test.each(platformCases.filter(([, { maxMembers }]) => maxMembers <= 1000))(
  '%s: a request holds no more than the platform takes; what is left is sent again',
  async (_, platform) => {
    const { twin, members } = platform.stage()
    const server = await listen(twin.app, 0)
    try {
      const settings = platform.settings(server.url)
      const { externalId: audience } = await remoteOf(platform).createAudience({
        settings,
        audienceName: 'VIP customers',
      })
      const driven = drive(platform.definition, () => settings, { action: 'syncAudience' })
      const events = Array.from({ length: platform.maxMembers + 1 }, (__, at) =>
        change({ who: `p${at}`, audience }),
      )
      const nodes = await driven.batch(events, mappingOf(platform))
      expect(nodes.at(-1)?.status).toBe(503)
      expect(nodes.slice(0, -1).every(({ status }) => status === 200)).toBe(true)
      expect(members(audience)).toHaveLength(platform.maxMembers)
    } finally {
      await server.close()
    }
  },
)
