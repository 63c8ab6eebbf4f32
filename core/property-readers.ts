// How one property value is read: the functions that compiled mapping rows call. Each returns undefined for what is
// absent, and for what cannot be read, which it also says in `warnings`; the raw message keeps the original.

import type { LineItem } from './canonical-event.ts'
import { isJsonObject, type Json, type JsonObject, textOf } from './json.ts'

export type Warnings = string[]

/** A number, or text that states one without doubt: `"129.95"`, `"$1,299.00"`, `"1.299,00 EUR"`. */
export function readNumber(name: string, value: unknown, warnings: Warnings): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (value === null || value === undefined || value === '') return undefined
  const number = typeof value === 'string' ? numberFromText(value.trim()) : undefined
  if (number === undefined) warnings.push(unreadable(name, value, 'a number'))
  return number
}

/** Trimmed text; a finite number is written out (ids arrive as numbers). */
export function readText(name: string, value: unknown, warnings: Warnings): string | undefined {
  if (value === null || value === undefined || value === '') return undefined
  const text = textOf(value) ?? undefined
  if (text === undefined) warnings.push(unreadable(name, value, 'text'))
  return text
}

/** An ISO 4217 code in upper case. */
export function readCurrency(name: string, value: unknown, warnings: Warnings): string | undefined {
  if (value === null || value === undefined || value === '') return undefined
  const code = typeof value === 'string' ? value.trim().toUpperCase() : ''
  if (/^[A-Z]{3}$/.test(code)) return code
  warnings.push(unreadable(name, value, 'an ISO 4217 code such as EUR'))
  return undefined
}

/** The ids of a products list, in order: each entry's `sku`, else its product id, else the entry when it is text. */
export function readItemIds(
  name: string,
  value: unknown,
  warnings: Warnings,
): string[] | undefined {
  const products = productsOf(value)
  if (products === undefined) {
    if (value !== null && value !== undefined && value !== '')
      warnings.push(unreadable(name, value, 'a list'))
    return undefined
  }
  const ids: string[] = []
  for (let at = 0; at < products.length; at++) {
    const product = products[at]
    const id = isJsonObject(product) ? itemIdOf(product)?.id : textOf(product)
    if (id) ids.push(id)
    else warnings.push(`${name}[${at}] has no sku or product_id and is left out of items`)
  }
  return ids
}

/** The detail of a products list. A list this cannot read has been named by `readItemIds`, which rows use beside it. */
export function readLineItems(
  name: string,
  value: unknown,
  warnings: Warnings,
): LineItem[] | undefined {
  const items: LineItem[] = []
  const products = productsOf(value)
  if (products === undefined) return undefined
  for (let at = 0; at < products.length; at++) {
    const product = products[at]
    if (isJsonObject(product)) items.push(lineItemOf(product, warnings, () => `${name}[${at}].`))
    else {
      const id = textOf(product)
      if (id) items.push({ item_id: id })
    }
  }
  return items
}

/**
 * The id of an event that is itself about one product (Product Viewed), as a list of one. `.` is the event's own
 * properties; under any other name the value is a products list, as some senders have it there too.
 */
export function readOwnItemIds(
  name: string,
  value: unknown,
  warnings: Warnings,
): string[] | undefined {
  if (name !== '.') return readItemIds(name, value, warnings)
  const item = isJsonObject(value) ? itemIdOf(value) : undefined
  return item ? [item.id] : undefined
}

const PRODUCT_PROPERTIES = [
  'name',
  'price',
  'quantity',
  'brand',
  'category',
  'variant',
  'coupon',
] as const

/** The product properties of an event that is itself about one product, as a list of one line item; see above. */
export function readOwnLineItems(
  name: string,
  value: unknown,
  warnings: Warnings,
): LineItem[] | undefined {
  if (name !== '.') return readLineItems(name, value, warnings)
  const found = isJsonObject(value) ? itemIdOf(value) : undefined
  if (!found || !isJsonObject(value)) return undefined
  const own: Record<string, Json> = { [found.key]: found.id }
  for (const key of PRODUCT_PROPERTIES) {
    const property = value[key]
    if (property !== undefined) own[key] = property
  }
  return [lineItemOf(own, warnings, () => '')]
}

interface ItemId {
  readonly key: string
  readonly id: string
}

// Written out, not as a list of keys: this is asked twice for each product of an order.
function itemIdOf(product: JsonObject): ItemId | undefined {
  return (
    idAt('sku', product.sku) ??
    idAt('product_id', product.product_id) ??
    idAt('productId', product.productId) ??
    idAt('item_id', product.item_id) ??
    idAt('id', product.id)
  )
}

function idAt(key: string, value: unknown): ItemId | undefined {
  const id = textOf(value)
  return id === null ? undefined : { key, id }
}

/** @param path of the product, for warnings: put together when one is needed */
function lineItemOf(product: JsonObject, warnings: Warnings, path: () => string): LineItem {
  const found = itemIdOf(product)
  const item: Record<string, Json> = found ? { item_id: found.id } : {}
  for (const key in product) {
    const value = product[key]
    if (value === undefined || value === null || key === found?.key) continue
    // item_id is ours: one that lost to the sku must not overwrite it here.
    if (key === 'item_id' || key === '__proto__') continue
    if (key === 'price' || key === 'quantity') {
      const number = Number.isFinite(value) ? value : readNumber(path() + key, value, warnings)
      if (number !== undefined) item[key] = number
    } else item[key] = value
  }
  return item
}

// Some senders encode the list as JSON text, or send one product without a list.
function productsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  if (isJsonObject(value)) return [value]
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return undefined
  try {
    return productsOf(JSON.parse(value))
  } catch {
    return undefined // the caller names the property as unreadable
  }
}

const PLAIN_NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i
// Currency symbols are written out: `\p{Sc}` costs every cold start the building of a Unicode set.
const MONEY =
  /^([+-]?)\s*(?:[A-Z]{3}|[$\u00A2-\u00A5\u0E3F\u20A0-\u20C0])?\s*([+-]?)(\d[\d.,'\u2019\s]*)\s*(?:[A-Z]{3}|[$\u00A2-\u00A5\u0E3F\u20A0-\u20C0])?$/i

// No amount is longer. MONEY looks back over runs of spaces: on 30 KB of them it would take more than a second.
const LONGEST_NUMBER = 40

function numberFromText(text: string): number | undefined {
  if (text.length > LONGEST_NUMBER) return undefined
  if (PLAIN_NUMBER.test(text)) return finite(Number(text))
  const money = MONEY.exec(text)
  if (!money || (money[1] && money[2])) return undefined
  const digits = withPointAsDecimal((money[3] ?? '').trim())
  if (digits === undefined) return undefined
  const amount = Number(digits)
  return finite((money[1] || money[2]) === '-' ? -amount : amount)
}

// "1,299" may be a thousand or one and a bit: whoever guesses is wrong by a factor of a thousand for somebody. So may
// "1.299 EUR"; only a bare "1.299" is how programs write numbers, and has been read as one before it comes here.
function withPointAsDecimal(amount: string): string | undefined {
  const digits = amount.replace(/(\d)['’\s](?=\d{3}(?!\d))/g, '$1')
  if (/^[1-9]\d{0,2}\.\d{3}$/.test(digits)) return undefined
  if (/^\d+(\.\d+)?$/.test(digits)) return digits
  if (/^\d+,\d{1,2}$/.test(digits)) return digits.replace(',', '.')
  if (/^\d{1,3}(,\d{3})+\.\d+$/.test(digits) || /^\d{1,3}(,\d{3}){2,}$/.test(digits)) {
    return digits.replaceAll(',', '')
  }
  if (/^\d{1,3}(\.\d{3})+,\d+$/.test(digits) || /^\d{1,3}(\.\d{3}){2,}$/.test(digits)) {
    return digits.replaceAll('.', '').replace(',', '.')
  }
  return undefined
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}

// A warning names the property and the kind of value, never the value: it may be personal data.
export function unreadable(name: string, value: unknown, want: string): string {
  const got = Array.isArray(value)
    ? 'a list'
    : isJsonObject(value)
      ? 'an object'
      : `a ${typeof value}`
  return `${name} is ${got} that cannot be read as ${want}; it is left out of the canonical event`
}
