// Text that PostgreSQL can hold: it has no NUL, and JavaScript strings may carry halves of surrogate pairs.
import { isJsonObject, type Json } from '../core/json.ts'

const REPLACEMENT = '\uFFFD'

/** The text with NUL and lone surrogates replaced by U+FFFD; the same text when it has none. */
export function cleanText(text: string): string {
  return /[\0\uD800-\uDFFF]/.test(text) ? text.toWellFormed().replace(/\0/g, REPLACEMENT) : text
}

/** A JSON value in which every text, keys too, is clean. Recursion is bounded by what JSON.stringify can write. */
export function cleanJson(value: Json | undefined): Json {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(cleanJson)
  if (!isJsonObject(value)) return (value ?? null) as Json
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [cleanText(key), cleanJson(inner)]),
  )
}
