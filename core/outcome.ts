// What an event is worth to the business, or takes back of it: what revenue is counted from.
import { type JsonObject, textOf } from './json.ts'
import type { MappingRow, MappingTable } from './mapping-table.ts'

export interface Outcome {
  /** `part` takes back as much as its value says, `whole` all that there was. */
  readonly kind: 'conversion' | 'part' | 'whole'
  /** The fact it is about: its own, or the one taken back, by canonical name and dedup key. */
  readonly ofName: string
  readonly ofKey: string | null
  /** Decimal text, as exact as it was sent; null when no value was readable. */
  readonly value: string | null
  readonly currency: string | null
}

// Longer than any code of ISO 4217 and than the names that shops invent for points and vouchers.
const MAX_CURRENCY_LENGTH = 32

/** Null for an event that is neither a conversion nor takes one back. `keyOf` is a row's dedup key of these properties. */
export function outcomeOf(
  name: string,
  properties: JsonObject,
  table: MappingTable,
  keyOf: (row: MappingRow | undefined) => string | null,
): Outcome | null {
  const row = table.byCanonical.get(name)
  if (!row) return null
  const { reverses } = row
  const currency = currencyOf(properties)
  const value = amountOf(properties.value)
  if (reverses) {
    const ofKey = keyOf(table.byCanonical.get(reverses.event))
    const kind = reverses.takes === 'whole' || value === null ? 'whole' : 'part'
    // Some senders give what they paid back a minus sign.
    return { kind, ofName: reverses.event, ofKey, value: value?.replace('-', '') ?? null, currency }
  }
  return row.conversion
    ? { kind: 'conversion', ofName: name, ofKey: keyOf(row), value, currency }
    : null
}

// The shortest text that reads back as the same number: 129.95 stays 129.95, and sums of it in SQL stay exact.
function amountOf(value: unknown): string | null {
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null
}

function currencyOf({ currency }: JsonObject): string | null {
  const text = textOf(currency)?.toUpperCase() ?? null
  return text !== null && text.length <= MAX_CURRENCY_LENGTH ? text.replaceAll('\0', '') : null
}
