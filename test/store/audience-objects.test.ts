// POST /segment/audiences/objects: what the Action Destination asks when Segment creates an audience, or looks for one.
import { AUDIENCE_OBJECTS_PATH } from '../../core/audience-object.ts'
import type { JsonObject } from '../../core/json.ts'
import { useDatabase } from '../support/database.ts'
import { type SigningOptions, signedRequest } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
let store: TestStore
beforeEach(() => {
  store = createTestStore(database)
})

async function ask(body: unknown, signing: Partial<SigningOptions> = {}) {
  const request = signedRequest(JSON.stringify(body), { nowMs: store.clock.now(), ...signing })
  const answer = await store.app.request(AUDIENCE_OBJECTS_PATH, request)
  return { status: answer.status, body: (await answer.json()) as JsonObject }
}

const audience = { name: 'VIP', computation_id: 'aud_1', computation_key: 'vip', space_id: 'spa_1' }

test('the id of an audience is the same however often and under whatever name it is created', async () => {
  const first = await ask({ action: 'create', audience })
  expect(first.status).toBe(200)
  const again = await ask({ action: 'create', audience: { ...audience, name: 'Renamed' } })
  expect(again).toEqual(first)
  expect(await ask({ action: 'get', audience: first.body.audience })).toEqual(first)
})

const others: readonly (readonly [string, JsonObject, Partial<SigningOptions>])[] = [
  ['another computation', { computation_id: 'aud_2' }, {}],
  ['another space', { space_id: 'spa_2' }, {}],
  ['another environment', {}, { environment: 'staging' }],
  ['no computation: known by its key', { computation_id: null }, {}],
  ['neither: known by its name', { computation_id: null, computation_key: null }, {}],
]
test.each(others)('%s has another id', async (_name, over, signing) => {
  const first = await ask({ action: 'create', audience })
  const other = await ask({ action: 'create', audience: { ...audience, ...over } }, signing)
  expect(other.status).toBe(200)
  expect(other.body).not.toEqual(first.body)
})

test.each([
  [{ action: 'create' }, 'Body has no "audience" object'],
  [[], 'Body has no "audience" object'],
  [{ action: 'drop', audience }, '"action" is neither create nor get'],
  [{ action: 'create', audience: { ...audience, name: ' ' } }, 'audience.name is missing'],
  [{ action: 'get', audience: {} }, 'audience.id is missing'],
])('%j is refused', async (body, message) => {
  expect(await ask(body)).toEqual({
    status: 400,
    body: {
      error: { code: 'invalid_audience', message, docs: '/docs/errors/invalid_audience' },
    },
  })
})

test('an id that was never created is not known, nor is one of another environment', async () => {
  const { body } = await ask({ action: 'create', audience })
  const known = (body.audience as JsonObject).id
  for (const [id, signing] of [
    ['aud_1', {}],
    [`tla_${'0'.repeat(32)}`, {}],
    [known, { environment: 'staging' }],
  ] as const) {
    const answer = await ask({ action: 'get', audience: { id } }, signing)
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
  }
})

test('what Segment says of the audience is kept; the latest name holds', async () => {
  await ask({ action: 'create', audience })
  await ask({
    action: 'create',
    audience: { ...audience, name: 'Renamed', settings: { tier: 'a' } },
  })
  expect(
    await database.query(
      'select environment, name, computation_id, settings from audience_objects',
    ),
  ).toEqual([
    {
      environment: 'production',
      name: 'Renamed',
      computation_id: 'aud_1',
      settings: { tier: 'a' },
    },
  ])
})

test('nothing is said without a signature', async () => {
  const { status } = await ask({ action: 'create', audience }, { secrets: ['no-secret-of-ours'] })
  expect(status).toBe(401)
})
