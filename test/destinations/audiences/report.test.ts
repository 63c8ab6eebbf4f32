// What a platform says of an audience, for an audit: size and state, rounded, late and only from some size on.
import { createRequestClient } from '@segment/actions-core'
import type { JsonObject } from '../../../core/json.ts'
import {
  type Answer,
  json,
  type RecordingServer,
  startRecordingServer,
} from '../../support/recording-server.ts'
import { PLATFORMS } from './platforms.ts'

let server: RecordingServer
beforeEach(async () => {
  server = await startRecordingServer(json(500, {}))
})
afterEach(() => server.close())

function reportOf(name: string, answer: Answer): Promise<JsonObject> {
  const platform = PLATFORMS.find((each) => each.name === name) as (typeof PLATFORMS)[number]
  server.otherwise(answer)
  const request = createRequestClient({ skipResponseCloning: true } as never)
  return platform.report(request as never, platform.settings(server.url) as never, '7')
}

const status = (code: number, description = '') => ({ code, description })
const meta = (over: object) =>
  json(200, {
    id: '7',
    name: 'VIP',
    approximate_count_lower_bound: 1200,
    approximate_count_upper_bound: 1400,
    operation_status: status(200, 'Normal'),
    delivery_status: status(200, 'Ready'),
    ...over,
  })
const google = (over: object) =>
  json(200, { id: '7', displayName: 'VIP', membershipStatus: 'OPEN', ...over })
const tiktok = (over: object) =>
  json(200, {
    code: 0,
    message: 'OK',
    data: { list: [{ audience_details: { audience_id: '7', name: 'VIP', ...over } }] },
  })

test.each<readonly [string, string, Answer, object]>([
  ['meta', 'ready', meta({}), { state: 'ready', size: { lower: 1200, upper: 1400 } }],
  [
    'meta',
    'not counted yet',
    meta({ approximate_count_lower_bound: -1, approximate_count_upper_bound: -1 }),
    { size: null },
  ],
  [
    'meta',
    'too small',
    meta({ delivery_status: status(300, 'Too small') }),
    { state: 'too_small', detail: 'Too small' },
  ],
  [
    'meta',
    'flagged',
    meta({ operation_status: status(471, 'Flagged') }),
    { state: 'blocked', detail: 'Flagged' },
  ],
  ['meta', 'being filled', meta({ operation_status: status(441) }), { state: 'processing' }],
  [
    'google',
    'ready',
    google({ sizeInfo: { displayNetworkMembersCount: '900', searchNetworkMembersCount: '120' } }),
    { state: 'ready', size: { lower: 120, upper: 900 } },
  ],
  ['google', 'no size yet', google({}), { state: 'processing', size: null }],
  [
    'google',
    'too small',
    google({ sizeInfo: { displayNetworkMembersCount: '40' } }),
    { state: 'too_small', size: { lower: 40, upper: 40 } },
  ],
  [
    'google',
    'closed',
    google({ membershipStatus: 'CLOSED', closingReason: 'UNUSED' }),
    { state: 'blocked', detail: 'UNUSED' },
  ],
  [
    'tiktok',
    'ready',
    tiktok({ cover_num: 2000, is_valid: true }),
    { state: 'ready', size: { lower: 2000, upper: 2000 } },
  ],
  ['tiktok', 'being filled', tiktok({ cover_num: 0, is_valid: false }), { state: 'processing' }],
  ['tiktok', 'too small', tiktok({ cover_num: 12, is_valid: false }), { state: 'too_small' }],
  [
    'tiktok',
    'refused',
    tiktok({ error_msg: 'No match' }),
    { state: 'blocked', detail: 'No match' },
  ],
  [
    'klaviyo',
    'counted',
    json(200, { data: { id: '7', attributes: { name: 'VIP', profile_count: 3 } } }),
    { state: 'ready', size: { lower: 3, upper: 3 } },
  ],
])('%s: %s', async (name, _, answer, wanted) => {
  expect(await reportOf(name, answer)).toMatchObject({ externalId: '7', name: 'VIP', ...wanted })
})
