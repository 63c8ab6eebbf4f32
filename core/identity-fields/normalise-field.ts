// One raw value → what a platform takes: normalised by its rules, hashed where it wants a hash, and never hashed twice.
import { textOf } from '../json.ts'
import { digestOf, hexDigestOf, sha256Hex } from './digest.ts'
import {
  type FieldHints,
  type FieldResult,
  IDENTITY_FIELDS,
  type IdentityField,
  type MissingReason,
  missing,
  type Platform,
} from './field.ts'
import { FIELD_RULES, type FieldRule } from './rules.ts'
import { clean } from './text-rules.ts'

const NO_HINTS: FieldHints = {}
// Longer than any name or address that a person has; keeps a pasted document out of the patterns.
const MAX_LENGTH = 512

/**
 * The value as the platform's rules want it before hashing, or why there is none. A SHA-256 digest passes as lower-case
 * hex where the platform takes the field hashed. Never throws, whatever `raw` is.
 */
export function normaliseField(
  platform: Platform,
  field: IdentityField,
  raw: unknown,
  hints: FieldHints = NO_HINTS,
): FieldResult {
  const rule = FIELD_RULES[platform][field]
  if (rule === null) return missing('not_taken')
  const text = readText(raw)
  if (typeof text !== 'string') return text
  const digest = digestIn(field, text)
  if (digest === null) return rule.normalise(text, hints)
  return rule.form === 'hashed' ? { value: digest } : missing('hashed')
}

/**
 * Lower-case hex SHA-256 of the normalised value; the value itself when it already is a digest. Null when nothing can be
 * sent hashed: the value is missing (normaliseField says why) or the platform takes the field in plain text.
 */
export function hashField(
  platform: Platform,
  field: IdentityField,
  raw: unknown,
  hints: FieldHints = NO_HINTS,
): string | null {
  const rule = FIELD_RULES[platform][field]
  if (rule === null || rule.form === 'plain') return null
  const result = sendable(rule, field, raw, hints)
  return 'missing' in result ? null : result.value
}

/** The value in the form the platform takes it, hashed or plain: what a destination puts into its payload. */
export function sendableField(
  platform: Platform,
  field: IdentityField,
  raw: unknown,
  hints: FieldHints = NO_HINTS,
): FieldResult {
  const rule = FIELD_RULES[platform][field]
  return rule === null ? missing('not_taken') : sendable(rule, field, raw, hints)
}

function sendable(
  rule: FieldRule,
  field: IdentityField,
  raw: unknown,
  hints: FieldHints,
): FieldResult {
  const text = readText(raw)
  if (typeof text !== 'string') return text
  const digest = digestIn(field, text)
  if (digest !== null) return rule.form === 'hashed' ? { value: digest } : missing('hashed')
  return inForm(rule, rule.normalise(text, hints))
}

function inForm(rule: FieldRule, result: FieldResult): FieldResult {
  if (rule.form === 'plain' || 'missing' in result) return result
  return { value: rule.digests?.get(result.value) ?? sha256Hex(result.value) }
}

/** Whether the platform takes the field, and in which form. */
export function formOf(platform: Platform, field: IdentityField): 'hashed' | 'plain' | null {
  return FIELD_RULES[platform][field]?.form ?? null
}

export type Person = { readonly [Field in IdentityField]?: unknown }

export interface SendablePerson {
  /** Field → value in the platform's form; what is missing has no key. */
  readonly values: { readonly [Field in IdentityField]?: string }
  /** Given, taken by the platform, and still left out: field → reason. What was not given is not listed. */
  readonly leftOut: { readonly [Field in IdentityField]?: MissingReason }
}

/** A function that makes one person sendable to the platform. It remembers nothing between calls. */
export function createIdentityHasher(
  platform: Platform,
): (person: Person, hints?: FieldHints) => SendablePerson {
  const taken = IDENTITY_FIELDS.flatMap((field) => {
    const rule = FIELD_RULES[platform][field]
    return rule === null ? [] : [{ field, rule }]
  })
  return (person, hints = hintsOf(person)) => {
    const values: { [Field in IdentityField]?: string } = {}
    const leftOut: { [Field in IdentityField]?: MissingReason } = {}
    for (const { field, rule } of taken) {
      const raw = person[field]
      if (raw === undefined || raw === null) continue
      const result = sendable(rule, field, raw, hints)
      if ('missing' in result) leftOut[field] = result.missing
      else values[field] = result.value
    }
    return { values, leftOut }
  }
}

/** The hints a person gives by itself: the country. */
export function hintsOf(person: Person): FieldHints {
  const country = textOf(person.country)
  return country === null ? NO_HINTS : { country }
}

function readText(raw: unknown): string | FieldResult {
  if (raw === undefined || raw === null) return missing('empty')
  const given = typeof raw === 'string' ? raw : textOf(raw)
  if (given === null) return missing('not_text')
  if (given.length > MAX_LENGTH) return missing('malformed')
  return clean(given) || missing('empty')
}

const digestIn = (field: IdentityField, text: string): string | null =>
  field === 'external_id' ? hexDigestOf(text) : digestOf(text)
