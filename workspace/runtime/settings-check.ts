// Checks the values of a connected instance against the settings its function declares (facts 1.8), as the host does
// before it runs anything.
import type { JsonObject } from '../../core/json.ts'

export type SettingType = 'STRING' | 'BOOLEAN' | 'ARRAY' | 'TEXT_MAP'

/** One entry of a function's settings, as the Public API has it; the rest of its fields do not matter here. */
export interface SettingDefinition {
  readonly name: string
  readonly type: SettingType
  readonly required: boolean
}

/** The name by which `classify` knows such a failure. */
export const INVALID_SETTINGS = 'InvalidSettings'

/** What is wrong with the values, naming the setting and never its value; null when nothing is. */
export function settingsFault(
  settings: Readonly<JsonObject>,
  definitions: readonly SettingDefinition[],
): string | null {
  for (const { name, type, required } of definitions) {
    const value = settings[name]
    if (isEmpty(value)) {
      if (required) return `setting "${name}" is required`
      continue
    }
    if (!FITS[type](value)) return `setting "${name}" must be ${WORDS[type]}`
  }
  return null
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

const isText = (value: unknown) => typeof value === 'string'

const FITS: Readonly<Record<SettingType, (value: unknown) => boolean>> = {
  STRING: isText,
  BOOLEAN: (value) => typeof value === 'boolean',
  ARRAY: (value) => Array.isArray(value) && value.every(isText),
  TEXT_MAP: (value) =>
    typeof value === 'object' && !Array.isArray(value) && Object.values(value ?? {}).every(isText),
}

const WORDS: Readonly<Record<SettingType, string>> = {
  STRING: 'a text',
  BOOLEAN: 'true or false',
  ARRAY: 'a list of texts',
  TEXT_MAP: 'an object of texts',
}
