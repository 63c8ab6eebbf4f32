import { examples } from '../../../destinations/google-data-manager/examples.ts'
import definition from '../../../destinations/google-data-manager/index.ts'
import { json, type RecordingServer, startRecordingServer } from '../../support/recording-server.ts'
import { faultsOf } from '../validate-definition.ts'
import { hostOf } from './host.ts'

let server: RecordingServer
beforeAll(async () => {
  server = await startRecordingServer(json(200, { requestId: 'dm-1' }))
})
afterAll(() => server.close())

test('has no fault that actions-cli validate would find', () => {
  expect(faultsOf(definition)).toEqual([])
})

test.each(examples.map((example) => [example.name, example] as const))('%s', async (_, example) => {
  const { action, in: event, mapping, settings, out } = example
  await hostOf(definition).executeAction(action, {
    event,
    mapping: structuredClone(mapping),
    settings: { ...settings, base_url: server.url },
    auth: { accessToken: 'ya29.access', refreshToken: '' },
  })
  const [wanted] = out
  const request = server.requests.at(-1)
  expect(request).toMatchObject({ method: wanted?.method, path: wanted?.path })
  expect(request?.body.toString()).toBe(JSON.stringify(wanted?.body))
})
