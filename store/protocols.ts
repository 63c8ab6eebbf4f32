// What a message says of itself on `context.protocols`: read without trust, because any sender can write there.
import { isJsonObject, type Json, type JsonObject, objectAt, textOf } from '../core/json.ts'
import { cleanText } from './text.ts'

export interface StatedViolation {
  readonly event: string
  readonly type: string
  readonly field: string
  readonly description: string
}

// Our own insert function stops at 25. What is longer than a row of the index holds is cut.
const MAX_VIOLATIONS = 50
const MAX_NAME = 200
const MAX_DESCRIPTION = 500
const NONE: readonly StatedViolation[] = []

/** Each violation once: one that a list has in many places counts for the message, not for its length. */
export function violationsOf(message: JsonObject): readonly StatedViolation[] {
  const stated = objectAt(message.context, 'protocols')?.violations
  if (!Array.isArray(stated) || stated.length === 0) return NONE
  const event = cut(eventOf(message), MAX_NAME)
  const found = new Map<string, StatedViolation>()
  for (const one of stated.slice(0, MAX_VIOLATIONS)) {
    if (!isJsonObject(one)) continue
    const type = cut(textOf(one.type) ?? 'Unknown', MAX_NAME)
    const field = cut(withoutPositions(one.field), MAX_NAME)
    const description = withoutPositions(one.description)
    const key = `${type}\n${field}`
    if (!found.has(key))
      found.set(key, { event, type, field, description: cut(description, MAX_DESCRIPTION) })
  }
  return [...found.values()]
}

// What the plan blocked comes in a batch under another name (functions/insert).
function eventOf(message: JsonObject): string {
  if (message.type !== 'track') return textOf(message.type) ?? 'unknown'
  return textOf(objectAt(message, 'properties')?.blocked_event) ?? textOf(message.event) ?? 'track'
}

function withoutPositions(text: Json | undefined): string {
  return (textOf(text) ?? '').replace(/\.\d+(?=\.|\s|$)/g, '.[]')
}

function cut(text: string, length: number): string {
  return cleanText(text.slice(0, length))
}
