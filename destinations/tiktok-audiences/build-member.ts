// A change → a row of TikTok's streaming audience API: one digest for each column of the id schema. Columns as in "Segment
// mapping", https://business-api.tiktok.com/portal/docs?id=1739940585975809, and in Segment's own action.
import { sha256Hex } from '../../core/identity-fields/digest.ts'
import type { FieldHints } from '../../core/identity-fields/field.ts'
import { hashField } from '../../core/identity-fields/normalise-field.ts'
import type { Built } from '../vendor-answers/send-batch.ts'
import type { Payload } from './sync-audience/generated-types.ts'

export const COLUMNS = ['EMAIL_SHA256', 'PHONE_SHA256', 'IDFA_SHA256', 'GAID_SHA256'] as const
export type Column = (typeof COLUMNS)[number]

export type TikTokMember = { readonly [Key in Column]?: string }

const UUID = /^[0-9A-F]{8}-(?:[0-9A-F]{4}-){3}[0-9A-F]{12}$/
const DIGEST = /^[0-9a-f]{64}$/

export function buildTikTokMember(payload: Payload): Built<TikTokMember> {
  const hints: FieldHints = { country: payload.country }
  const found: Record<Column, string | null> = {
    EMAIL_SHA256: hashField('tiktok', 'email', payload.email),
    PHONE_SHA256: hashField('tiktok', 'phone', payload.phone, hints),
    // UNVERIFIED case: each platform's own way of writing its ids, which is what devices report.
    IDFA_SHA256: mobileDigest(payload.idfa, (id) => id.toUpperCase()),
    GAID_SHA256: mobileDigest(payload.gaid, (id) => id.toLowerCase()),
  }
  const entries = COLUMNS.flatMap((column) => {
    const value = found[column]
    return value === null ? [] : [[column, value] as const]
  })
  if (entries.length === 0) {
    return { kind: 'invalid', reason: 'no identifier: want email, phone, idfa or gaid' }
  }
  return { kind: 'event', event: Object.fromEntries(entries) }
}

function mobileDigest(raw: string | undefined, cased: (id: string) => string): string | null {
  const id = raw?.trim() ?? ''
  if (DIGEST.test(id.toLowerCase())) return id.toLowerCase()
  return UUID.test(id.toUpperCase()) ? sha256Hex(cased(id)) : null
}
