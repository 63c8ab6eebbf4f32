// The settings of a package definition, from the texts of a destination's file: known names only, none missing, and each in
// the type that the definition declares.
import type { DestinationDefinition } from '@segment/actions-core'
import { TrackLayerError } from '../../core/errors.ts'

export interface PackageSettings {
  /** What the definition gets as `settings`. */
  readonly values: Readonly<Record<string, unknown>>
  /** Values that must never be shown. */
  readonly secrets: readonly string[]
}

export interface SettingField {
  readonly type: string
  readonly label?: string
  readonly required?: unknown
  readonly default?: unknown
  readonly multiple?: boolean
}

/** Setting of a definition that signs in with OAuth 2 and cannot refresh by itself. */
export const ACCESS_TOKEN = 'access_token'

/** Names in capitals are what a definition reads from `process.env`; those it gets there. */
export function isVariableName(name: string): boolean {
  return /^[A-Z][A-Z0-9_]*$/.test(name)
}

/** @throws TrackLayerError SETTINGS_INVALID naming the setting and the fix */
export function packageSettings(
  definition: DestinationDefinition<never>,
  variables: ReadonlySet<string>,
  given: Readonly<Record<string, string>>,
): PackageSettings {
  const fields = (definition.authentication?.fields ?? {}) as Readonly<Record<string, SettingField>>
  for (const name of Object.keys(given)) assertKnown(name, fields, variables)
  const entries = Object.entries(fields).flatMap(([name, field]) => {
    const value = given[name] === undefined ? field.default : typed(name, field, given[name])
    if (value === undefined && field.required === true) throw missing(name, field)
    return value === undefined ? [] : [[name, value] as const]
  })
  const secrets = Object.entries(given)
    .filter(([name]) => fields[name] === undefined || fields[name].type === 'password')
    .map(([, value]) => value)
  return { values: Object.fromEntries(entries), secrets }
}

function assertKnown(
  name: string,
  fields: Readonly<Record<string, SettingField>>,
  variables: ReadonlySet<string>,
): void {
  if (Object.hasOwn(fields, name) || variables.has(name) || name === ACCESS_TOKEN) return
  const known = [...Object.keys(fields), ...[...variables].filter((each) => each !== 'NODE_ENV')]
  throw fault(`no setting "${name}"; want some of ${known.join(', ') || '(none)'}`)
}

function missing(name: string, { label }: SettingField): TrackLayerError {
  return fault(`setting "${name}"${label ? ` (${label})` : ''} is required; give it under settings`)
}

function typed(name: string, { type, multiple }: SettingField, text: string): unknown {
  if (multiple) return text.split(',').map((part) => part.trim())
  if (type === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true'
    throw fault(`setting "${name}" is no boolean; want "true" or "false"`)
  }
  if (type !== 'number' && type !== 'integer') return text
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number)) return number
  throw fault(`setting "${name}" is no number; want digits in quotes, e.g. "22"`)
}

function fault(message: string): TrackLayerError {
  return new TrackLayerError('SETTINGS_INVALID', message)
}
