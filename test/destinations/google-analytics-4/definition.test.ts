import { examples } from '../../../destinations/google-analytics-4/examples.ts'
import type {
  CustomEventPayload,
  GenerateLeadPayload,
  PurchasePayload,
  SearchPayload,
} from '../../../destinations/google-analytics-4/generated-types.ts'
import definition from '../../../destinations/google-analytics-4/index.ts'
import type { EventPayload } from '../../../destinations/google-analytics-4/payload.ts'
import { SECRET_QUERY_PARAMETERS } from '../../../destinations/google-analytics-4/redaction.ts'
import {
  json,
  type RecordingServer,
  startRecordingServer,
  text,
} from '../../support/recording-server.ts'
import { hostOf, rejectionOf } from '../google-data-manager/host.ts'
import { faultsOf } from '../validate-definition.ts'

let server: RecordingServer
beforeEach(async () => {
  server = await startRecordingServer(text(204, ''))
})
afterEach(() => server.close())

test('has no fault that actions-cli validate would find', () => {
  expect(faultsOf(definition)).toEqual([])
})

test.each(examples.map((example) => [example.name, example] as const))('%s', async (_, example) => {
  const { action, in: event, mapping, settings, out } = example
  await hostOf(definition).executeAction(action, {
    event,
    mapping: structuredClone(mapping),
    settings: { ...settings, base_url: server.url },
  })
  const [wanted] = out
  const request = server.requests.at(-1)
  expect(request).toMatchObject({ method: wanted?.method, path: wanted?.path })
  expect(request?.body.toString()).toBe(JSON.stringify(wanted?.body))
})

test('the builder takes what the fields give', () => {
  const payloads: Partial<
    PurchasePayload & SearchPayload & GenerateLeadPayload & CustomEventPayload
  > = {}
  const taken: Partial<EventPayload> = payloads
  expect(taken).toEqual({})
})

describe('testAuthentication()', () => {
  const run = (measurement_id = 'G-AB12CD34EF') =>
    hostOf(definition).testAuthentication({
      measurement_id,
      api_secret: 's3cret',
      base_url: server.url,
    })

  test('asks the validation server', async () => {
    server.next(json(200, { validationMessages: [] }))
    await run()
    const [request] = server.requests
    expect(request?.path).toMatch(/^\/debug\/mp\/collect\?measurement_id=G-AB12CD34EF&api_secret=/)
    expect(JSON.parse(request?.body.toString() ?? '')).toMatchObject({
      validation_behavior: 'ENFORCE_RECOMMENDATIONS',
    })
  })

  test('passes on what the validation server says', async () => {
    server.next(
      json(200, {
        validationMessages: [
          { fieldPath: 'events', description: 'Names must …', validationCode: 'NAME_INVALID' },
        ],
      }),
    )
    const { message } = await rejectionOf(run())
    expect(message).toContain('events NAME_INVALID Names must …')
  })

  test('rejects an id that is no measurement id', async () => {
    const { message } = await rejectionOf(run('123456'))
    expect(message).toContain('G-AB12CD34EF')
    expect(server.requests).toHaveLength(0)
  })
})

test('the secret is named for those who mask requests, and no error holds it', async () => {
  expect(SECRET_QUERY_PARAMETERS).toEqual(['api_secret'])
  server.otherwise(text(500, 'down'))
  const failure = await rejectionOf(
    hostOf(definition).executeAction('signUp', {
      event: {},
      mapping: { occurred_at: '2026-04-23T11:30:00.000Z', client_id: '1.2' },
      settings: { measurement_id: 'G-1', api_secret: 's3cret', base_url: server.url },
    }),
  )
  expect(JSON.stringify(failure)).not.toContain('s3cret')
})
