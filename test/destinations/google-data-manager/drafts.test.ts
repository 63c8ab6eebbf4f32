// Every destination file of ours says only what its definition has.
import type { ActionDefinition } from '@segment/actions-core'
import { transform } from '@segment/actions-core'
import { compileMapping, validateMapping } from '../../../core/mapping-kit/compile-mapping.ts'
import { compileTrigger } from '../../../core/mapping-kit/compile-trigger.ts'
import analytics from '../../../destinations/google-analytics-4/index.ts'
import dataManager from '../../../destinations/google-data-manager/index.ts'
import warehouse from '../../../destinations/warehouse/index.ts'
import { canonicalEvents } from '../golden/google/canonical-events.ts'
import { matching, readDraft } from '../golden/google/draft-file.ts'

const files = ['google-ads', 'ga4', 'warehouse', 'klaviyo'] as const

test.each(files)('%s.yaml: mappings and triggers compile', (name) => {
  const draft = readDraft(name)
  for (const { trigger, mapping } of draft.subscriptions) {
    expect(validateMapping({ ...draft.mapping, ...mapping })).toEqual([])
    compileTrigger(trigger)
  }
})

test.each([
  ['google-ads', dataManager],
  ['ga4', analytics],
  ['warehouse', warehouse],
] as const)('%s.yaml names actions, settings and required fields of its definition', (name, it) => {
  const draft = readDraft(name)
  const actions: Readonly<Record<string, Pick<ActionDefinition<unknown>, 'fields'>>> = it.actions
  expect(it.slug).toBe(draft.definition)
  for (const setting of Object.keys(draft.settings))
    expect(it.authentication?.fields).toHaveProperty(setting)
  for (const { action, mapping } of draft.subscriptions) {
    const fields = actions[action]?.fields ?? {}
    const mapped = Object.keys({ ...draft.mapping, ...mapping })
    const required = Object.entries(fields).filter(([, { required }]) => required === true)
    for (const [field] of required) expect(mapped).toContain(field)
    // What the base mapping has for others is dropped by the action; what a subscription adds must be one of its fields.
    for (const field of Object.keys(mapping)) expect(Object.keys(fields)).toContain(field)
  }
})

test.each(files)('%s.yaml: the compiled mapping equals actions-core’s', (name) => {
  const draft = readDraft(name)
  for (const event of Object.values(canonicalEvents))
    for (const { mapping } of matching(draft, event))
      expect(compileMapping(mapping)(event as never)).toEqual(
        transform(mapping as never, event as never),
      )
})

test('klaviyo.yaml sends a telephone number only for people without an address', () => {
  const [known] = matching(readDraft('klaviyo'), canonicalEvents.purchase)
  const nameless = { ...canonicalEvents.purchase, user: { phone: '+4915112345678', country: 'DE' } }
  expect(compileMapping(known?.mapping ?? {})(canonicalEvents.purchase as never)).toMatchObject({
    metric_name: 'Placed Order',
    unique_id: 'seg_msg_01HX9',
    profile: expect.not.objectContaining({ phone_number: expect.anything() }),
  })
  expect(compileMapping(known?.mapping ?? {})(nameless as never)).toMatchObject({
    profile: { phone_number: '+4915112345678', country_code: 'DE' },
  })
})
