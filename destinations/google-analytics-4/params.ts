// The `params` of an event, within Analytics' limits. Analytics drops whole events over one bad parameter (null inside
// params even answers 400 at the validation server), so what it would not take is left out here and named.
import {
  ITEM_PARAMS,
  MAX_CUSTOM_ITEM_PARAMS,
  MAX_ITEMS,
  MAX_PARAMS,
  maxTextOf,
  NAME,
  RESERVED_PARAMS,
  RESERVED_PREFIX,
} from './limits.ts'

export type Scalar = string | number | boolean
export type Item = Readonly<Record<string, Scalar>>
export type Params = Readonly<Record<string, Scalar | readonly Item[]>>

export interface Given {
  /** In the order in which they matter: past 25 the last ones are left out. */
  readonly known: Readonly<Record<string, unknown>>
  readonly custom?: Readonly<Record<string, unknown>> | undefined
  readonly items?: readonly unknown[] | undefined
}

export interface BuiltParams {
  readonly params: Params
  /** What was left out or cut, and why, in words. */
  readonly warnings: readonly string[]
}

export function buildParams({ known, custom = {}, items = [] }: Given): BuiltParams {
  const warnings: string[] = []
  const params: Record<string, Scalar | readonly Item[]> = {}
  const takenItems = buildItems(items, warnings)
  if (takenItems.length > 0) params.items = takenItems
  const add = (name: string, value: unknown) => {
    const scalar = scalarOf(name, value, warnings)
    if (scalar === undefined) return
    if (Object.keys(params).length >= MAX_PARAMS)
      warnings.push(`${name}: more than ${MAX_PARAMS} parameters`)
    else params[name] = scalar
  }
  for (const [name, value] of Object.entries(known)) add(name, value)
  for (const [name, value] of Object.entries(custom)) {
    if (Object.hasOwn(params, name) || name === 'items') continue
    const fault = nameFault(name)
    if (fault) warnings.push(`${name.slice(0, 60)}: ${fault}`)
    else add(name, value)
  }
  return { params, warnings }
}

function nameFault(name: string): string | null {
  if (RESERVED_PREFIX.test(name)) return 'reserved prefix'
  if (!NAME.test(name)) return 'want a letter, then letters, digits and _, at most 40'
  return RESERVED_PARAMS.has(name) ? 'reserved name' : null
}

function scalarOf(name: string, value: unknown, warnings: string[]): Scalar | undefined {
  if (typeof value === 'string') {
    const max = maxTextOf(name)
    if (value.length <= max) return value === '' ? undefined : value
    warnings.push(`${name}: cut to ${max} characters`)
    return value.slice(0, max).toWellFormed()
  }
  if (typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (value !== undefined && value !== null) warnings.push(`${name}: neither text nor a number`)
  return undefined
}

function buildItems(given: readonly unknown[], warnings: string[]): Item[] {
  const items = given.slice(0, MAX_ITEMS).flatMap((each, at) => {
    const item = buildItem(each, at, warnings)
    return item ? [item] : []
  })
  if (given.length > MAX_ITEMS) warnings.push(`items: only the first ${MAX_ITEMS}`)
  return items
}

function buildItem(given: unknown, at: number, warnings: string[]): Item | null {
  if (typeof given !== 'object' || given === null) return null
  const item: Record<string, Scalar> = {}
  let customs = 0
  for (const [name, value] of Object.entries(given)) {
    const isCustom = !ITEM_PARAMS.has(name)
    if (isCustom && (nameFault(name) || customs >= MAX_CUSTOM_ITEM_PARAMS)) {
      warnings.push(`items[${at}].${name.slice(0, 60)}: left out`)
      continue
    }
    const scalar = scalarOf(name, value, warnings)
    if (scalar === undefined) continue
    item[name] = scalar
    if (isCustom) customs++
  }
  // "One of item_id or item_name is required."
  if (item.item_id !== undefined || item.item_name !== undefined) return item
  warnings.push(`items[${at}]: neither item_id nor item_name`)
  return null
}
