// The tests that every destination of single events passes alike: the rules of actions-cli, its file in mappings/, and the
// golden requests, one by one and in a batch. Called at the top of a test file, which gives what is the platform's own.
import { readFileSync } from 'node:fs'
import type { DestinationDefinition } from '@segment/actions-core'
import { parse } from 'yaml'
import type { JsonObject } from '../../core/json.ts'
import { compileMapping } from '../../core/mapping-kit/compile-mapping.ts'
import { compileTrigger } from '../../core/mapping-kit/compile-trigger.ts'
import type { DestinationExample } from '../../destinations/example.ts'
import { exampleEvents } from '../../destinations/example-events.ts'
import {
  type Answer,
  type RecordingServer,
  startRecordingServer,
} from '../support/recording-server.ts'
import { drive } from './drive.ts'
import { faultsOf, renderTypes, settingsOf } from './validate-definition.ts'

// biome-ignore lint/suspicious/noExplicitAny: any definition, whatever its settings
type AnyDefinition = DestinationDefinition<any>

interface Definition {
  readonly definition: AnyDefinition
  /** Of destinations/. */
  readonly folder: string
  /** Of mappings/destinations/. */
  readonly file: string
}

const BATCHING: readonly string[] = ['enable_batching', 'batch_size', 'batch_keys']

export function itIsAnEventDefinition({ definition, folder, file }: Definition): void {
  const draft = parse(readFileSync(`mappings/destinations/${file}`, 'utf8'))
  const { fields } = definition.actions.sendEvent as NonNullable<
    (typeof definition.actions)[string]
  >

  test('the definition passes the rules of actions-cli validate', () => {
    expect(faultsOf(definition)).toEqual([])
  })

  test('generated-types.ts is what actions-cli would write', () => {
    const settings = renderTypes('Settings', settingsOf(definition))
    expect(readFileSync(`destinations/${folder}/generated-types.ts`, 'utf8')).toBe(settings)
    const payload = renderTypes('Payload', fields as never)
    expect(readFileSync(`destinations/${folder}/send-event/generated-types.ts`, 'utf8')).toBe(
      payload,
    )
  })

  test('every secret is declared as a password, and none is read from the environment', () => {
    expect(definition.authentication?.fields.accessToken).toMatchObject({ type: 'password' })
  })

  test('the YAML file sends what the presets send', () => {
    const subscriptions = draft.subscriptions.map(
      (row: { name: string; trigger: string; action: string; mapping: object }) => ({
        name: row.name,
        subscribe: row.trigger,
        partnerAction: row.action,
        mapping: { ...draft.mapping, ...row.mapping },
      }),
    )
    const presets = definition.presets?.map(({ name, partnerAction, mapping, ...preset }) => ({
      name,
      subscribe: 'subscribe' in preset && preset.subscribe,
      partnerAction,
      mapping: Object.fromEntries(
        Object.entries(mapping ?? {}).filter(([field]) => !BATCHING.includes(field)),
      ),
    }))
    expect(subscriptions).toEqual(presets)
  })

  test.each(Object.entries(exampleEvents))(
    'one trigger of the YAML file takes %s',
    (name, event) => {
      const taking = draft.subscriptions.filter(({ trigger }: { trigger: string }) =>
        compileTrigger(trigger)(event as never),
      )
      expect(taking).toHaveLength(1)
      expect(taking[0].trigger).toContain(name)
    },
  )
}

interface Golden {
  readonly definition: AnyDefinition
  readonly examples: readonly DestinationExample[]
  /** Of test/destinations/golden/. */
  readonly folder: string
  readonly settings: JsonObject
  readonly path: string
  readonly answer: Answer
}

export function itSendsGoldenRequests(golden: Golden): void {
  const { definition, examples, folder, path, answer } = golden
  let server: RecordingServer
  let settings: JsonObject
  const driven = drive(definition, () => ({ ...settings, baseUrl: server.url }))

  beforeEach(async () => {
    server = await startRecordingServer(answer)
    settings = golden.settings
  })
  afterEach(() => server.close())

  const presetOf = (canonical: string) =>
    definition.presets?.find(
      (preset) => 'subscribe' in preset && preset.subscribe.includes(`"${canonical}"`),
    )?.mapping as JsonObject

  describe.each(Object.entries(exampleEvents))('%s', (name, event) => {
    const body = JSON.parse(readFileSync(`test/destinations/golden/${folder}/${name}.json`, 'utf8'))

    test('leaves as the golden request, byte for byte', async () => {
      await driven.single(event, presetOf(name))
      const [request] = server.requests
      expect(request?.path).toBe(path)
      expect(String(request?.body)).toBe(JSON.stringify(body))
    })

    test('leaves alike through the compiled mapping and in a batch', async () => {
      const payload = compileMapping(presetOf(name))(event as unknown as JsonObject)
      await driven.batch([payload, payload], identityMapping(payload))
      const [request] = server.requests
      const [sent] = body.data
      expect(String(request?.body)).toBe(JSON.stringify({ ...body, data: [sent, sent] }))
    })
  })

  test.each(examples.map((example) => [example.name, example] as const))(
    'example: %s',
    async (_, example) => {
      settings = example.settings
      await driven.single(example.in, example.mapping)
      const left = server.requests.map(({ method, path, headers, body }, index) => ({
        method,
        path,
        headers: Object.fromEntries(
          Object.keys(example.out[index]?.headers ?? {}).map((name) => [name, headers[name]]),
        ),
        body: JSON.parse(String(body)),
      }))
      expect(left).toEqual(example.out)
    },
  )
}

// The payload is mapped already: each field is taken from itself.
const identityMapping = (payload: JsonObject): JsonObject =>
  Object.fromEntries(Object.keys(payload).map((name) => [name, { '@path': `$.${name}` }]))
