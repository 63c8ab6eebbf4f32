// What compiled tracking plans call (core/tracking-plan/compile.ts). The way of a valid event allocates nothing but places.
// Each type has two checks: optional, and with a capital letter required. They are true when the value is there and of
// the type, so that bounds can follow by `&&`.
import { isJsonObject, type JsonObject } from '../json.ts'
import { type Findings, note, type Place } from './violation.ts'

type Key = string | number

export function str(value: unknown, at: Place, key: Key, f: Findings): value is string {
  return typeof value === 'string' || optional(value, at, key, f, 'string')
}

export function Str(value: unknown, at: Place, key: Key, f: Findings): value is string {
  return typeof value === 'string' || required(value, at, key, f, 'string')
}

export function num(value: unknown, at: Place, key: Key, f: Findings): value is number {
  return typeof value === 'number' || optional(value, at, key, f, 'number')
}

export function Num(value: unknown, at: Place, key: Key, f: Findings): value is number {
  return typeof value === 'number' || required(value, at, key, f, 'number')
}

export function int(value: unknown, at: Place, key: Key, f: Findings): value is number {
  return Number.isInteger(value) || optional(value, at, key, f, 'integer')
}

export function Int(value: unknown, at: Place, key: Key, f: Findings): value is number {
  return Number.isInteger(value) || required(value, at, key, f, 'integer')
}

export function bool(value: unknown, at: Place, key: Key, f: Findings): value is boolean {
  return typeof value === 'boolean' || optional(value, at, key, f, 'boolean')
}

export function Bool(value: unknown, at: Place, key: Key, f: Findings): value is boolean {
  return typeof value === 'boolean' || required(value, at, key, f, 'boolean')
}

export function obj(value: unknown, at: Place, key: Key, f: Findings): value is JsonObject {
  return isJsonObject(value) || optional(value, at, key, f, 'object')
}

export function Obj(value: unknown, at: Place, key: Key, f: Findings): value is JsonObject {
  return isJsonObject(value) || required(value, at, key, f, 'object')
}

export function list(value: unknown, at: Place, key: Key, f: Findings): value is unknown[] {
  return Array.isArray(value) || optional(value, at, key, f, 'array')
}

export function List(value: unknown, at: Place, key: Key, f: Findings): value is unknown[] {
  return Array.isArray(value) || required(value, at, key, f, 'array')
}

/** Any of several types; `null` is one of them. */
export function oneOf(value: unknown, types: string, at: Place, key: Key, f: Findings): boolean {
  return isOneOf(value, types) || optional(value, at, key, f, types)
}

export function OneOf(value: unknown, types: string, at: Place, key: Key, f: Findings): boolean {
  return isOneOf(value, types) || required(value, at, key, f, types)
}

/** Required, of any type. */
export function There(value: unknown, at: Place, key: Key, f: Findings): boolean {
  return value !== undefined || note(f, 'Required', at, key, 'is required')
}

function isOneOf(value: unknown, types: string): boolean {
  return types
    .split(' or ')
    .some((type) => typeOf(value) === type || (type === 'integer' && Number.isInteger(value)))
}

function optional(value: unknown, at: Place, key: Key, f: Findings, want: string): false {
  return value === undefined ? false : wrongType(value, at, key, f, want)
}

function required(value: unknown, at: Place, key: Key, f: Findings, want: string): false {
  if (value === undefined) return note(f, 'Required', at, key, 'is required')
  return wrongType(value, at, key, f, want)
}

function wrongType(value: unknown, at: Place, key: Key, f: Findings, want: string): false {
  return note(f, 'Invalid Type', at, key, `is of type ${typeOf(value)}, want ${want}`)
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

export function pattern(value: unknown, want: RegExp, at: Place, key: Key, f: Findings): void {
  if (typeof value === 'string' && !want.test(value))
    note(f, 'Pattern', at, key, `does not match ${want.source}`)
}

export function among(
  value: unknown,
  allowed: readonly unknown[],
  at: Place,
  key: Key,
  f: Findings,
): void {
  if (!allowed.includes(value)) note(f, 'Enum', at, key, `is none of ${allowed.join(', ')}`)
}

export function atLeast(value: unknown, min: number, at: Place, key: Key, f: Findings): void {
  if (typeof value === 'number' && value < min)
    note(f, 'Number Gte', at, key, `is less than ${min}`)
}

export function atMost(value: unknown, max: number, at: Place, key: Key, f: Findings): void {
  if (typeof value === 'number' && value > max)
    note(f, 'Number Lte', at, key, `is more than ${max}`)
}

// Length in code points, as JSON Schema counts. They are counted only near the limit: a code point has two units at most.
export function minLength(value: unknown, min: number, at: Place, key: Key, f: Findings): void {
  if (typeof value === 'string' && value.length < 2 * min && [...value].length < min)
    note(f, 'String Gte', at, key, `is shorter than ${min} characters`)
}

export function maxLength(value: unknown, max: number, at: Place, key: Key, f: Findings): void {
  if (typeof value === 'string' && value.length > max && [...value].length > max)
    note(f, 'String Lte', at, key, `is longer than ${max} characters`)
}

export function minItems(value: unknown, min: number, at: Place, key: Key, f: Findings): void {
  if (Array.isArray(value) && value.length < min)
    note(f, 'Array Min Items', at, key, `has fewer than ${min} item(s)`)
}

export function maxItems(value: unknown, max: number, at: Place, key: Key, f: Findings): void {
  if (Array.isArray(value) && value.length > max)
    note(f, 'Array Max Items', at, key, `has more than ${max} item(s)`)
}

export type CheckValue = (value: unknown, at: Place, key: Key, f: Findings) => void
export type CheckFields = (object: JsonObject, at: Place, f: Findings) => void

export function each(value: unknown, check: CheckValue, at: Place, key: Key, f: Findings): void {
  if (!Array.isArray(value)) return
  const place = [at, key] as const
  for (let nth = 0; nth < value.length; nth++) check(value[nth], place, nth, f)
}

export function inside(value: unknown, check: CheckFields, at: Place, key: Key, f: Findings): void {
  if (isJsonObject(value)) check(value, [at, key], f)
}

const NOTHING: JsonObject = Object.freeze({})

/** Properties, traits or context of a message; what is absent is looked at as empty, so that each required key is named. */
export function part(value: unknown, check: CheckFields, key: string, f: Findings): void {
  if (value === undefined) check(NOTHING, [null, key], f)
  else if (obj(value, null, key, f)) check(value, [null, key], f)
}

export function unplanned(
  object: JsonObject,
  planned: ReadonlySet<string>,
  at: Place,
  f: Findings,
): void {
  for (const key in object) if (!planned.has(key)) f.unplanned.push([at, key])
}
