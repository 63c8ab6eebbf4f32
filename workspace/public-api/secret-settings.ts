// Secrets in settings: written, never read back. "Masked with •" on reads, so whoever compares must remember a digest.
import type { JsonObject } from '../../core/json.ts'

export interface SettingSchema {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly type: string
  readonly required: boolean
  readonly sensitive: boolean
}

/** Settings as a read shows them. How many dots stand for a value is UNVERIFIED. */
export function maskedSettings(settings: JsonObject, secretNames: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      secretNames.has(name) && value ? '•'.repeat(8) : value,
    ]),
  )
}

export function secretNamesOf(schema: readonly SettingSchema[]): ReadonlySet<string> {
  return new Set(schema.filter(({ sensitive }) => sensitive).map(({ name }) => name))
}
