// Comparisons. Against a value written in the trigger they mean what destination-subscriptions makes of them.
import type { Offset, RefuseTrigger } from './fault.ts'
import type { Argument, Evaluate } from './functions.ts'
import type { Operator } from './parse.ts'

export type Test = (event: unknown, context: unknown) => boolean
type Literal = string | number | boolean | null
type Order = '<' | '<=' | '>' | '>='

const MIRRORED: Readonly<Record<Order, Order>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

export interface Comparison {
  readonly operator: Exclude<Operator, 'in'>
  readonly left: Argument
  readonly right: Argument
  /** type, event, name and userId: text by Segment's specification. */
  readonly isTextField: (side: Argument) => boolean
  readonly at: Offset
}

export function compileComparison(comparison: Comparison, refuse: RefuseTrigger): Test {
  const { operator, left, right, isTextField, at } = comparison
  if (right.literal === undefined) {
    if (left.literal === undefined) return compareValues(operator, left.evaluate, right.evaluate)
    const mirrored = operator === '=' || operator === '!=' ? operator : MIRRORED[operator]
    const turned = { operator: mirrored, left: right, right: left, isTextField, at }
    return compileComparison(turned, refuse)
  }
  const { literal } = right
  if (operator !== '=' && operator !== '!=')
    return compareNumbers(operator, left.evaluate, constant(boundOf(literal, right.at, refuse)))
  if (isTextField(left) && (typeof literal === 'number' || typeof literal === 'boolean'))
    refuse(right.at, `this field is text; write "${literal}"`)
  return operator === '=' ? isEqual(left.evaluate, literal) : isUnequal(left.evaluate, literal)
}

function isEqual(left: Evaluate, literal: Literal): Test {
  if (literal === null) return (event, context) => isNull(left(event, context))
  return (event, context) => left(event, context) === literal
}

// What is missing differs from a text, but neither differs from nor equals a number: as destination-subscriptions.
function isUnequal(left: Evaluate, literal: Literal): Test {
  if (literal === null) return (event, context) => !isNull(left(event, context))
  if (typeof literal !== 'number') return (event, context) => left(event, context) !== literal
  return (event, context) => {
    const value = left(event, context)
    return typeof value === 'number' && value !== literal
  }
}

function constant(value: unknown): Evaluate {
  return () => value
}

// `"5"` counts as 5 here, as in destination-subscriptions.
function boundOf(literal: Literal, at: Offset, refuse: RefuseTrigger): number {
  const bound = typeof literal === 'string' && literal.trim() !== '' ? Number(literal) : literal
  if (typeof bound === 'number' && !Number.isNaN(bound)) return bound
  return refuse(at, 'only numbers have an order; want one here')
}

const ORDERS: Readonly<Record<Order, (left: number, right: number) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
}

function compareNumbers(operator: Order, left: Evaluate, right: Evaluate): Test {
  const isInOrder = ORDERS[operator]
  return (event, context) => {
    const [one, other] = [left(event, context), right(event, context)]
    return typeof one === 'number' && typeof other === 'number' && isInOrder(one, other)
  }
}

function compareValues(operator: Exclude<Operator, 'in'>, left: Evaluate, right: Evaluate): Test {
  if (operator !== '=' && operator !== '!=') return compareNumbers(operator, left, right)
  const wanted = operator === '='
  return (event, context) => isSame(left(event, context), right(event, context)) === wanted
}

/** `in`: the value is an item of the list; what is missing is null. */
export function compileMembership(value: Evaluate, list: Evaluate): Test {
  return (event, context) => {
    const items = list(event, context)
    if (!Array.isArray(items)) return false
    const wanted = value(event, context) ?? null
    return items.some((item) => (item ?? null) === wanted)
  }
}

function isNull(value: unknown): boolean {
  return value === undefined || value === null
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other || (isNull(one) && isNull(other))) return true
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  return keys.every(
    (key) =>
      Object.hasOwn(other, key) &&
      isSame((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]),
  )
}
