import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { compileTrigger } from '../../../core/mapping-kit/compile-trigger.ts'
import { exampleEvents } from '../../../destinations/example-events.ts'
import definition from '../../../destinations/tiktok-events/index.ts'
import { faultsOf, renderTypes, settingsOf } from '../validate-definition.ts'

const folder = 'destinations/tiktok-events'
const draft = parse(readFileSync('mappings/destinations/tiktok.yaml', 'utf8'))
const { fields } = definition.actions.sendEvent as NonNullable<(typeof definition.actions)[string]>

test('the definition passes the rules of actions-cli validate', () => {
  expect(faultsOf(definition)).toEqual([])
})

test('generated-types.ts is what actions-cli would write', () => {
  const settings = renderTypes('Settings', settingsOf(definition))
  expect(readFileSync(`${folder}/generated-types.ts`, 'utf8')).toBe(settings)
  const payload = renderTypes('Payload', fields as never)
  expect(readFileSync(`${folder}/send-event/generated-types.ts`, 'utf8')).toBe(payload)
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
  const presets = definition.presets?.map(({ name, partnerAction, mapping, ...preset }) => {
    const { enable_batching, batch_size, batch_keys, ...sent } = mapping ?? {}
    return {
      name,
      subscribe: 'subscribe' in preset && preset.subscribe,
      partnerAction,
      mapping: sent,
    }
  })
  expect(subscriptions).toEqual(presets)
})

test.each(Object.entries(exampleEvents))('one trigger of the YAML file takes %s', (name, event) => {
  const taking = draft.subscriptions.filter(({ trigger }: { trigger: string }) =>
    compileTrigger(trigger)(event as never),
  )
  expect(taking).toHaveLength(1)
  expect(taking[0].trigger).toContain(name)
})
