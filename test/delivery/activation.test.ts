// Audiences on their way to the platforms: one remote audience for each of ours, its members ours, whatever happens between.
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Transport } from '../../delivery/transport.ts'
import type { MetaTwin } from '../../workspace/twins/meta/meta-twin.ts'
import { emails, PLATFORMS } from '../destinations/audiences/platforms.ts'
import {
  type AudienceStage,
  consent,
  membership,
  setAudienceStage,
} from '../support/audience-stage.ts'
import { useDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
const FOLDERS = PLATFORMS.map(({ folder }) => folder)
const TABLE = parseAudiencesFile(
  `audiences:
  vip: { name: VIP customers, keys: [vip], destinations: [${FOLDERS}] }
  churned: { keys: [churned], destinations: [${FOLDERS}] }
  seeds: { keys: [seeds], destinations: [${FOLDERS}], mode: append_only }`,
  'audiences.yaml',
)
const META = 'meta-audiences'

let stage: AudienceStage
const set = async (...platforms: string[]) => {
  stage = await setAudienceStage(database, { table: TABLE, platforms })
  return stage
}
afterEach(() => stage.close())

const keptAt = (folder: string, ...people: string[]) => {
  const { kept } = PLATFORMS.find((platform) => platform.folder === folder) as (typeof PLATFORMS)[0]
  return emails(...people)
    .map(kept)
    .sort()
}
const agree = (...people: string[]) => stage.store.send(people.map((who) => consent(who, true)))
const enter = (who: string, minute: number, of = {}) => membership(who, true, minute, of)
const leave = (who: string, minute: number, of = {}) => membership(who, false, minute, of)
const metaTwin = () => stage.twin(META).twin as unknown as MetaTwin
const remoteOf = async (folder: string, key = 'vip') =>
  (
    await database.query<{ external_id: string; state: string; name: string; reason: string }>(
      `select r.* from remote_audiences r join audiences a on a.id = r.audience_id
       where r.destination = $1 and a.key = $2`,
      [folder, key],
    )
  )[0]

test('members enter, leave and come back at every platform; the audit has nothing to say', async () => {
  await set(...FOLDERS)
  await agree('ann', 'bob', 'cyd', 'dan')
  stage.start()
  await stage.store.send([enter('ann', 1), enter('bob', 1), enter('cyd', 1)])
  await stage.settled()
  await stage.store.send([leave('ann', 2), enter('dan', 2), leave('bob', 2)])
  await stage.settled()
  // Late: what was computed before the exit brings nobody back.
  await stage.store.send([enter('bob', 1), enter('ann', 3)])
  await stage.settled()
  for (const folder of FOLDERS)
    expect([folder, await stage.membersAt(folder)]).toEqual([
      folder,
      keptAt(folder, 'ann', 'cyd', 'dan'),
    ])
  const { destinations } = await stage.audit()
  expect(destinations).toHaveLength(4)
  for (const each of destinations) {
    expect(each).toMatchObject({ ours: 3, acknowledged: 3, missing: 0, extra: 0, waiting: 0 })
    expect(each.remote).toMatchObject({ name: 'VIP customers', state: 'ready' })
    expect(each.platform).not.toHaveProperty('error')
  }
  expect(await (await stage.store.read('/v1/reconcile')).json()).toMatchObject({ balanced: true })
})

test('two workers make one remote audience, and what waited for it goes', async () => {
  await set(META)
  await agree(...Array.from({ length: 30 }, (_, at) => `u${at}`))
  let creations = 0
  const counting: Transport = async (request) => {
    if (request.method === 'POST' && request.url.includes('/customaudiences')) creations++
    return stage.transport(request)
  }
  await stage.store.send([enter('u0', 1), enter('u0', 1, { key: 'churned' })])
  stage.start({ transport: counting })
  stage.start({ transport: counting })
  for (let at = 1; at < 30; at++) await stage.store.send([enter(`u${at}`, 1)])
  await stage.settled()
  expect(creations).toBe(2)
  expect(metaTwin().audiences.list()).toMatchObject([{}, {}])
  expect(await stage.membersAt(META)).toHaveLength(30)
})

test('a remote audience that cannot be made is tried again, and its transitions wait', async () => {
  await set(META)
  await agree('ann', 'bob')
  metaTwin().faults.next('server-error', 'lost-reset')
  stage.start()
  await stage.store.send([enter('ann', 1)])
  await until(async () => (await stage.states(META)).includes('entered held remote_audience'))
  expect(await remoteOf(META)).toMatchObject({ state: 'waiting', external_id: null })
  const { destinations } = await stage.audit()
  expect(destinations[0]).toMatchObject({
    waiting: 1,
    missing: 0,
    deliveries_waiting: [{ as: 'entered', state: 'held', reason: 'remote_audience', count: 1 }],
  })
  await stage.store.send([enter('bob', 1)])
  await stage.settled()
  expect(await stage.membersAt(META)).toEqual(keptAt(META, 'ann', 'bob'))
  expect(metaTwin().audiences.list()).toHaveLength(1)
})

test('whoever died while making it leaves one audience behind', async () => {
  await set(META)
  await agree('ann')
  const hanging = { count: 0 }
  const dying: Transport = async (request) => {
    const answer = await stage.transport(request)
    if (request.method !== 'POST') return answer
    hanging.count++
    return new Promise(() => {})
  }
  await stage.store.send([enter('ann', 1)])
  const dead = stage.start({ transport: dying, database: mortal() })
  await until(() => hanging.count === 1)
  kill()
  stage.start()
  await stage.settled()
  expect(metaTwin().audiences.list()).toHaveLength(1)
  expect(await stage.membersAt(META)).toEqual(keptAt(META, 'ann'))
  // Its hanging request ends by its own time limit.
  let isStopped = false
  void dead.stop().then(() => {
    isStopped = true
  })
  await until(() => {
    stage.clock.advance(60_000)
    return isStopped
  })
})

// A database that stops answering one worker, as if its process had gone.
let isDead = false
function kill() {
  isDead = true
}
function mortal() {
  isDead = false
  const { pool, clock, random } = stage.store.database
  const fail = () => Promise.reject(new Error('the process is gone'))
  const mortalPool = new Proxy(pool, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) =>
        isDead && (name === 'query' || name === 'connect') ? fail() : value.apply(target, args)
    },
  })
  return { pool: mortalPool, clock, random }
}

test('an audience that is gone pauses alone; resumed anew and repaired, it is filled again', async () => {
  await set(META)
  await agree('ann', 'bob', 'cyd', 'dan')
  stage.start()
  await stage.store.send([enter('ann', 1), enter('dan', 1), enter('ann', 1, { key: 'churned' })])
  await stage.settled()
  const gone = await remoteOf(META)
  metaTwin().audiences.drop(gone?.external_id ?? '')

  await stage.store.send([enter('bob', 2)])
  await until(async () => (await stage.states(META)).includes('entered held audience_paused'))
  expect(await remoteOf(META)).toMatchObject({ state: 'paused' })
  // The other audience of the destination goes on; what is new for this one waits without being sent.
  await stage.store.send([enter('cyd', 2, { key: 'churned' }), leave('ann', 3)])
  await stage.settled()
  await until(async () => (await stage.states(META)).includes('exited held audience_paused'))
  expect(await stage.membersAt(META, 'churned')).toEqual(keptAt(META, 'ann', 'cyd'))
  const listed = (await (await stage.store.read('/v1/destinations')).json()) as JsonObject
  expect(listed).toMatchObject({ destinations: [{ is_paused: false }] })

  const audit = (await stage.audit()).destinations[0]
  expect(audit?.remote).toMatchObject({ state: 'paused', external_id: gone?.external_id })
  expect(audit?.deliveries_waiting).toMatchObject([{ as: 'entered' }, { as: 'exited' }])

  await stage.store.send([enter('cyd', 4)])
  expect(
    await stage.post('/v1/audiences/vip/resume', { destination: META, anew: true }),
  ).toMatchObject({ state: 'waiting' })
  await stage.settled()
  expect((await remoteOf(META))?.external_id).not.toBe(gone?.external_id)
  expect(await stage.membersAt(META)).toEqual(keptAt(META, 'bob', 'cyd'))
  // What the old one held is not in the new one: that is drift.
  expect((await stage.audit()).destinations[0]).toMatchObject({ missing: 1, extra: 0 })
  await stage.post('/v1/audiences/vip/repair')
  await stage.settled()
  expect(await stage.membersAt(META)).toEqual(keptAt(META, 'bob', 'cyd', 'dan'))
})

test('an audience that is blocked goes on when it is resumed', async () => {
  await set(META)
  await agree('ann', 'bob')
  stage.start()
  await stage.store.send([enter('ann', 1)])
  await stage.settled()
  const { audiences } = metaTwin() as unknown as {
    audiences: { flag(id: string): void; drop(id: string): void }
  }
  audiences.flag((await remoteOf(META))?.external_id ?? '')
  await stage.store.send([enter('bob', 2)])
  await until(async () => (await stage.states(META)).includes('entered held audience_paused'))
  const { destinations } = await stage.audit()
  expect(destinations[0]?.platform).toMatchObject({ state: 'blocked' })
  expect(destinations[0]?.remote?.reason).toMatch(/integrity restrictions/)
})

test('drift is found, listed without personal data, and repaired once', async () => {
  await set(META)
  await agree('ann', 'bob', 'cyd')
  stage.start()
  await stage.store.send([enter('ann', 1), enter('bob', 1), enter('cyd', 1)])
  await stage.settled()
  await stage.store.send([leave('cyd', 2)])
  await stage.settled()
  // As if an entry and a removal had been refused for good.
  await database.query(
    `update deliveries d set state = 'dead', reason = 'refused'
     from events e where e.id = d.event_id and (e.canonical::json ->> 'canonical_user_id', e.name) in
       (('ann', 'audience_entered'), ('cyd', 'audience_exited'))`,
  )
  const { destinations } = await stage.audit()
  expect(destinations[0]).toMatchObject({ ours: 2, acknowledged: 2, missing: 1, extra: 1 })
  expect(destinations[0]?.drifted).toMatchObject([
    { drift: 'missing', last: { state: 'dead', reason: 'refused' } },
    { drift: 'extra', last: { state: 'dead', reason: 'refused' } },
  ])
  expect(JSON.stringify(destinations)).not.toContain('example.com')

  const repairs = await Promise.all([1, 2, 3].map(() => stage.post('/v1/audiences/vip/repair')))
  const sums = repairs.map(({ repaired }) => (repaired as JsonObject[])[0])
  expect(sums.filter((sum) => sum?.entered === 1 && sum?.exited === 1)).toHaveLength(1)
  expect(sums.filter((sum) => sum?.entered === 0 && sum?.exited === 0)).toHaveLength(2)
  await stage.settled()
  expect((await stage.audit()).destinations[0]).toMatchObject({ missing: 0, extra: 0, in_step: 2 })
  expect(await stage.membersAt(META)).toEqual(keptAt(META, 'ann', 'bob'))
  expect(await (await stage.store.read('/v1/reconcile')).json()).toMatchObject({ balanced: true })
})

describe('consent', () => {
  test('who withdraws it leaves, who never gave it stays out, who gives it again comes back', async () => {
    await set(META, 'klaviyo-lists')
    await agree('ann', 'bob')
    await stage.store.send([consent('cyd', false)])
    stage.start()
    await stage.store.send([enter('ann', 1), enter('bob', 1), enter('cyd', 1)])
    await stage.settled()
    for (const folder of [META, 'klaviyo-lists'])
      expect(await stage.membersAt(folder)).toEqual(keptAt(folder, 'ann', 'bob'))

    await stage.store.send([consent('ann', false, 5)])
    await stage.settled()
    for (const folder of [META, 'klaviyo-lists'])
      expect(await stage.membersAt(folder)).toEqual(keptAt(folder, 'bob'))
    const withdrawn = (await stage.audit()).destinations[0]
    expect(withdrawn).toMatchObject({ ours: 3, acknowledged: 1, missing: 0, extra: 0 })
    expect(withdrawn?.withheld).toEqual({ consent_withdrawn: 1, consent_denied: 1 })

    await stage.store.send([consent('ann', true, 6), consent('cyd', true, 6)])
    await stage.settled()
    for (const folder of [META, 'klaviyo-lists'])
      expect(await stage.membersAt(folder)).toEqual(keptAt(folder, 'ann', 'bob', 'cyd'))
  })

  test('a statement that changes nothing for the destination sends nothing', async () => {
    await set(META)
    await agree('ann')
    stage.start()
    await stage.store.send([enter('ann', 1)])
    await stage.settled()
    const before = metaTwin().requests().length
    await stage.store.send([
      {
        ...consent('ann', true, 5),
        context: { consent: { categoryPreferences: { Analytics: true } } },
      },
    ])
    await stage.settled()
    expect(await stage.states(META)).toEqual(['entered delivered', 'entered filtered unchanged'])
    expect(metaTwin().requests()).toHaveLength(before)
  })
})

describe('a removal takes every form in which the person was added', () => {
  // TikTok knows people by their address alone; elsewhere the user id finds them as well.
  test('another address since', async () => {
    await set('tiktok-audiences')
    await agree('ann')
    stage.start()
    await stage.store.send([enter('ann', 1)])
    await stage.settled()
    await stage.store.send([
      { ...leave('ann', 2), traits: { vip: false, email: 'other@example.com' } },
    ])
    await stage.settled()
    expect(await stage.membersAt('tiktok-audiences')).toEqual([])
  })

  test('two people who turn out to be one', async () => {
    await set(META)
    await agree('ann')
    const visitor = { userId: null, anonymousId: 'a1' }
    await stage.store.send([{ ...consent('visitor', true), ...visitor }])
    stage.start()
    await stage.store.send([enter('ann', 1), enter('visitor', 1, { over: visitor })])
    await stage.settled()
    expect(await stage.membersAt(META)).toEqual(keptAt(META, 'ann', 'visitor'))
    await stage.store.send([
      { type: 'identify', messageId: 'merge', userId: 'ann', anonymousId: 'a1', traits: {} },
    ])
    await stage.store.send([leave('ann', 5)])
    await stage.settled()
    expect(await stage.membersAt(META)).toEqual([])
  })
})

test('who leaves an append-only audience stays; who was never added has nowhere to be removed from', async () => {
  await set(META)
  await agree('ann')
  stage.start()
  await stage.store.send([leave('ann', 1)])
  await stage.store.send([enter('ann', 1, { key: 'seeds' })])
  await stage.settled()
  await stage.store.send([leave('ann', 2, { key: 'seeds' }), enter('ann', 2), leave('ann', 3)])
  await stage.settled()
  expect(await stage.membersAt(META, 'seeds')).toEqual(keptAt(META, 'ann'))
  expect((await stage.audit('seeds')).destinations[0]).toMatchObject({ ours: 0, extra: 0 })
})

test('an audience made anew under its old name gets a list of its own', async () => {
  await set('google-audiences')
  await agree('ann', 'bob')
  stage.start()
  await stage.store.send([enter('ann', 1)])
  await stage.settled()
  const anew = enter('bob', 2)
  const context = {
    personas: { computation_class: 'audience', computation_id: 'aud_2', computation_key: 'vip' },
  }
  await stage.store.send([{ ...anew, context }])
  await stage.settled()
  const rows = await database.query<{ name: string }>(
    'select name from remote_audiences order by audience_id',
  )
  expect(rows.map(({ name }) => name)).toEqual(['VIP customers', 'VIP customers (aud_2)'])
})
