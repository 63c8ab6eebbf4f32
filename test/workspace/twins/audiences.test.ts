// What the platforms refuse of audience requests, each in its own form, and who is in an audience when they did.
import { createGoogleTwin } from '../../../workspace/twins/google/google-twin.ts'
import { createKlaviyoTwin } from '../../../workspace/twins/klaviyo/klaviyo-twin.ts'
import { createMetaTwin } from '../../../workspace/twins/meta/meta-twin.ts'
import { createTikTokTwin } from '../../../workspace/twins/tiktok/tiktok-twin.ts'
import { JANE, post, sha256, stage } from './twin-stage.ts'

const EMAIL = sha256(JANE.email)
const reasons = (twin: { audiences: { refused(): readonly { reason: string }[] } }) =>
  twin.audiences.refused().map(({ reason }) => reason)

describe('Meta', () => {
  async function open() {
    const accounts = { tokens: [{ token: 'good' }], pixelIds: [], adAccountIds: ['9'] }
    const twin = createMetaTwin({ ...stage(), ...accounts })
    const send = (path: string, body: unknown, token = 'good') =>
      post(twin.app, `/v24.0/${path}`, body, { Authorization: `Bearer ${token}` })
    const made = await send('act_9/customaudiences', {
      name: 'VIP',
      subtype: 'CUSTOM',
      customer_file_source: 'USER_PROVIDED_ONLY',
    })
    const users = (data: unknown, schema = ['EMAIL'], token?: string) =>
      send(`${made.body.id}/users`, { payload: { schema, data } }, token)
    return { twin, send, users, id: made.body.id as string }
  }

  test('a row that is not hashed costs itself: it is counted and shown', async () => {
    const { twin, users, id } = await open()
    const { body } = await users([[EMAIL], ['jane@example.com'], ['']])
    expect(body).toMatchObject({ audience_id: id, num_received: 3, num_invalid_entries: 2 })
    expect(body.invalid_entry_samples).toHaveProperty(['["jane@example.com"]'])
    expect(twin.audiences.members(id)).toMatchObject([{ isMatched: true }])
    expect(reasons(twin)).toEqual(['invalid_entry', 'invalid_entry'])
  })

  test('a hash of a value that was not normalised is taken, finds nobody, and is said so', async () => {
    const { twin, users, id } = await open()
    await users([[sha256('JANE@EXAMPLE.COM')]])
    expect(twin.audiences.members(id)).toMatchObject([
      { isMatched: false, notes: ['EMAIL: not normalised before hashing'] },
    ])
  })

  test.each([
    ['a wrong token', [[EMAIL]], ['EMAIL'], 'wrong', { code: 190 }],
    ['an unknown key', [[EMAIL]], ['MAIL'], 'good', { code: 100 }],
    ['too many rows', Array(10_001).fill([EMAIL]), ['EMAIL'], 'good', { code: 100 }],
    ['no rows', [], ['EMAIL'], 'good', { code: 100 }],
  ])('%s is refused', async (_, rows, schema, token, error) => {
    const { twin, users, id } = await open()
    expect((await users(rows, schema, token)).body.error).toMatchObject(error)
    expect(twin.audiences.members(id)).toEqual([])
  })

  test('an audience nobody knows, and one that Meta flagged', async () => {
    const { twin, send, users, id } = await open()
    const unknown = await send('404/users', { payload: { schema: ['EMAIL'], data: [[EMAIL]] } })
    expect(unknown.body.error).toMatchObject({ code: 100, error_subcode: 33 })
    twin.audiences.flag(id)
    expect((await users([[EMAIL]])).body.error).toMatchObject({ error_subcode: 1713230 })
    expect(reasons(twin)).toEqual(['unknown_pixel', 'audience_blocked'])
  })
})

describe('Google', () => {
  async function open() {
    const accounts = { accountIds: ['1'], conversionActions: [], tokens: [{ token: 'good' }] }
    const twin = createGoogleTwin({ ...stage(), ...accounts })
    const send = (path: string, body: unknown) =>
      post(twin.app, `/v1/${path}`, body, { Authorization: 'Bearer good' })
    const list = {
      displayName: 'VIP',
      ingestedUserListInfo: { uploadKeyTypes: ['CONTACT_ID'] },
    }
    const made = await send('accountTypes/GOOGLE_ADS/accounts/1/userLists', list)
    const request = (over: object = {}) => ({
      destinations: [
        {
          operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '1' },
          productDestinationId: made.body.id,
        },
      ],
      audienceMembers: [{ userData: { userIdentifiers: [{ emailAddress: EMAIL }] } }],
      consent: { adUserData: 'CONSENT_GRANTED', adPersonalization: 'CONSENT_GRANTED' },
      encoding: 'HEX',
      termsOfService: { customerMatchTermsOfServiceStatus: 'ACCEPTED' },
      ...over,
    })
    const ingest = (over?: object) => send('audienceMembers:ingest', request(over))
    return { twin, send, request, ingest, list, id: made.body.id as string }
  }

  const raw = { userData: { userIdentifiers: [{ emailAddress: 'jane@example.com' }] } }
  const member = { userData: { userIdentifiers: [{ emailAddress: EMAIL }] } }

  test.each([
    ['an address that is not hashed', { audienceMembers: [member, raw] }, 'INVALID_HEX_ENCODING'],
    ['terms not accepted', { termsOfService: undefined }, 'TERMS_AND_CONDITIONS_NOT_SIGNED'],
    ['no encoding', { encoding: undefined }, 'REQUIRED_FIELD_MISSING'],
    ['nobody', { audienceMembers: [] }, 'REQUIRED_FIELD_MISSING'],
    [
      'more than 10,000 members',
      { audienceMembers: Array(10_001).fill(member) },
      'TOO_MANY_AUDIENCE_MEMBERS',
    ],
  ])('%s refuses the request, and nobody is added', async (_, over, reason) => {
    const { twin, ingest, id } = await open()
    const { status, body } = await ingest(over)
    expect(status).toBe(400)
    expect(JSON.stringify(body.error.details)).toContain(reason)
    expect(twin.audiences.members(id)).toEqual([])
  })

  test('without consent a member is accepted and not used; a validated request changes nothing', async () => {
    const { twin, ingest, id } = await open()
    expect((await ingest({ consent: undefined })).status).toBe(200)
    expect((await ingest({ validateOnly: true })).body.requestId).toMatch(/^v-/)
    expect(twin.audiences.members(id)).toEqual([])
    expect(reasons(twin)).toEqual(['PROCESSING_ERROR_REASON_DENIED_CONSENT'])
  })

  test('a request that removes has no consent and no terms', async () => {
    const { twin, send, request, ingest, id } = await open()
    await ingest()
    expect((await send('audienceMembers:remove', request())).status).toBe(400)
    const { consent, termsOfService, ...removal } = request()
    expect((await send('audienceMembers:remove', removal)).status).toBe(200)
    expect(twin.audiences.members(id)).toEqual([])
  })

  test('a name that is taken, a duration that is no number of days, a stranger’s account', async () => {
    const { send, list } = await open()
    const path = 'accountTypes/GOOGLE_ADS/accounts/1/userLists'
    expect((await send(path, list)).status).toBe(400)
    const other = { ...list, displayName: 'Other' }
    expect((await send(path, { ...other, membershipDuration: '90s' })).status).toBe(400)
    expect((await send(path.replace('/1/', '/2/'), other)).status).toBe(403)
    expect((await send(path, other)).status).toBe(200)
  })
})

describe('TikTok', () => {
  async function open() {
    const accounts = { tokens: [{ token: 'good' }], eventSources: {}, advertiserIds: ['7'] }
    const twin = createTikTokTwin({ ...stage(), ...accounts })
    const send = (path: string, body: unknown, token = 'good') =>
      post(twin.app, `/open_api/v1.3/segment/${path}/`, body, { 'Access-Token': token })
    const made = await send('audience', {
      custom_audience_name: 'VIP',
      advertiser_id: '7',
      action: 'create',
    })
    const id = made.body.data.audience_id as string
    const row = (value: string, audience = id) => [{ id: value, audience_ids: [audience] }]
    const map = (over: object, token?: string) =>
      send(
        'mapping',
        {
          advertiser_ids: ['7'],
          action: 'add',
          id_schema: ['EMAIL_SHA256'],
          batch_data: [row(EMAIL)],
          ...over,
        },
        token,
      )
    return { twin, map, row, id }
  }

  test('every refusal is HTTP 200 with a code, and nobody is added', async () => {
    const { twin, map, row, id } = await open()
    const codes = []
    for (const answer of [
      await map({}, 'wrong'),
      await map({ advertiser_ids: ['8'] }),
      await map({ batch_data: [row(EMAIL), row('jane@example.com')] }),
      await map({ batch_data: [row(EMAIL, '404')] }),
      await map({ id_schema: ['EMAIL'] }),
      await map({ batch_data: Array(1001).fill(row(EMAIL)) }),
    ]) {
      expect(answer.status).toBe(200)
      codes.push(answer.body.code)
    }
    expect(codes).toEqual([40105, 40001, 40002, 40002, 40002, 40002])
    expect(twin.audiences.members(id)).toEqual([])
    expect((await map({})).body.code).toBe(0)
    expect(twin.audiences.members(id)).toMatchObject([{ isMatched: true, notes: [] }])
  })
})

test('Klaviyo takes at most 1000 profiles off or on a list, and counts those on it', async () => {
  const twin = createKlaviyoTwin({ ...stage(), apiKeys: ['pk'], lists: { L1: 'VIP' } })
  const headers = { Authorization: 'Klaviyo-API-Key pk', revision: '2026-01-15' }
  const path = '/api/lists/L1/relationships/profiles'
  const data = Array(1001).fill({ type: 'profile', id: '01J' })
  expect((await post(twin.app, path, { data }, headers)).status).toBe(400)
  expect((await post(twin.app, path, { data: [] }, headers)).status).toBe(400)
  const counted = await twin.app.request('/api/lists/L1?additional-fields[list]=profile_count', {
    headers,
  })
  expect(await counted.json()).toMatchObject({ data: { attributes: { profile_count: 0 } } })
})
