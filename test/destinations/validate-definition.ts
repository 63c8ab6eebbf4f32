// What `actions-cli validate` does (facts/segment.md 4.12), for any definition: the CLI itself is not published. What the CLI only prints is a fault here too.
import type { ActionDefinition, DestinationDefinition, InputField } from '@segment/actions-core'
import { type AnyDefinition, renderTypes } from '../../build/definition-types.ts'
import { validateMapping } from '../../core/mapping-kit/compile-mapping.ts'
import { compileTrigger } from '../../core/mapping-kit/compile-trigger.ts'

export { renderTypes }

type Fields = Readonly<Record<string, InputField>>

// ajv reads `${name}:${title}` as a URI; with fast-uri 3.1.6 a scheme of any other form throws.
const NAME = /^[A-Za-z][A-Za-z0-9+.-]*$/
const MAX_BATCH_KEYS = 3

/** Every fault of the definition, in words; none when it may be shipped. */
export function faultsOf(definition: AnyDefinition): readonly string[] {
  const actions = Object.entries(definition.actions)
  return [
    ...(NAME.test(definition.name) ? [] : [`name "${definition.name}" is no safe schema key`]),
    ...(definition.slug ? [] : ['no slug']),
    ...(actions.length > 0 ? [] : ['no actions']),
    ...fieldFaults('authentication', settingsOf(definition)),
    ...settingDefaultFaults(settingsOf(definition)),
    ...fieldFaults('audienceFields', (definition.audienceFields ?? {}) as Fields),
    ...settingDefaultFaults((definition.audienceFields ?? {}) as Fields),
    ...actions.flatMap(([slug, action]) => actionFaults(slug, action)),
    ...(definition.presets ?? []).flatMap((preset) => presetFaults(preset, definition.actions)),
  ]
}

// biome-ignore lint/suspicious/noExplicitAny: any definition, whatever its settings
export function settingsOf(definition: DestinationDefinition<any>): Fields {
  return (definition.authentication?.fields ?? {}) as unknown as Fields
}

function settingDefaultFaults(fields: Fields): readonly string[] {
  return Object.entries(fields).flatMap(([name, { type, default: value }]) => {
    const isRight =
      value === undefined || (type !== 'boolean' && type !== 'number') || typeof value === type
    return isRight ? [] : [`authentication.${name}: the default is no ${type}`]
  })
}

function actionFaults(slug: string, action: ActionDefinition<unknown>): readonly string[] {
  return [
    ...(action.title ? [] : [`${slug}: no title`]),
    ...(action.description ? [] : [`${slug}: no description`]),
    ...(action.defaultSubscription ? triggerFaults(slug, action.defaultSubscription) : []),
    ...(typeof action.perform === 'function' ? [] : [`${slug}: no perform`]),
    ...fieldFaults(slug, action.fields as Fields),
    ...batchKeyFaults(slug, action.fields as Fields),
    ...defaultFaults(slug, action.fields as Fields),
  ]
}

function fieldFaults(place: string, fields: Fields): readonly string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const at = `${place}.${name}`
    return [
      ...(field.label ? [] : [`${at}: no label`]),
      ...(field.description ? [] : [`${at}: no description`]),
      ...(field.type ? [] : [`${at}: no type`]),
      ...fieldFaults(at, (field.properties ?? {}) as Fields),
    ]
  })
}

function batchKeyFaults(slug: string, fields: Fields): readonly string[] {
  const keys = (fields.batch_keys?.default ?? []) as readonly string[]
  return [
    ...(keys.length <= MAX_BATCH_KEYS ? [] : [`${slug}: more than ${MAX_BATCH_KEYS} batch_keys`]),
    ...keys
      .filter((key) => key === 'batch_keys' || !Object.hasOwn(fields, key))
      .map((key) => `${slug}: batch_keys names ${key}, which is no other field`),
  ]
}

function defaultFaults(slug: string, fields: Fields): readonly string[] {
  return Object.entries(fields).flatMap(([name, field]) =>
    field.default === undefined ? [] : mappingFaults(`${slug}.${name}`, { [name]: field.default }),
  )
}

type Presets = NonNullable<DestinationDefinition['presets']>

function presetFaults(
  preset: Presets[number],
  actions: DestinationDefinition['actions'],
): readonly string[] {
  const at = `preset "${preset.name}"`
  const action = actions[preset.partnerAction]
  if (!action) return [`${at}: no action ${preset.partnerAction}`]
  return [
    ...(preset.type === 'automatic' ? triggerFaults(at, preset.subscribe) : []),
    ...Object.keys(preset.mapping ?? {})
      .filter((name) => !Object.hasOwn(action.fields, name))
      .map((name) => `${at}: the action has no field ${name}`),
    ...mappingFaults(at, preset.mapping ?? {}),
  ]
}

function mappingFaults(at: string, mapping: unknown): readonly string[] {
  return validateMapping(mapping).map(({ message }) => `${at}: ${message}`)
}

// The house's own compiler: destination-subscriptions knows no field outside Segment's messages, tracklayer_event included.
function triggerFaults(at: string, fql: string): readonly string[] {
  try {
    compileTrigger(fql)
    return []
  } catch (cause) {
    return [`${at}: ${(cause as Error).message}`]
  }
}
