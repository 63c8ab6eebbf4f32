// Forms that several platforms check alike.
import { createHash } from 'node:crypto'
import type { Json } from '../../core/json.ts'

/** SHA-256 as 64 lower-case hexadecimal digits. */
export function isSha256Hex(value: Json | undefined): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'))

/** Three upper-case letters that the runtime's ICU knows as an ISO 4217 code; former currencies are among them. */
export function isCurrency(value: Json | undefined): boolean {
  return typeof value === 'string' && CURRENCIES.has(value)
}

export function isNonEmptyText(value: Json | undefined): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

export function isFiniteNumber(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** A field that may come as one value or a list of them. */
export function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value as Json]
}
