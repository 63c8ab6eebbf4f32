// A remote audience: found or made under its name, and what the platform says of it. Platforms tell sizes rounded, late and
// only from some size on, so an audit compares what each change was answered and reads this beside it.
import { IntegrationError, PayloadValidationError } from '@segment/actions-core'
import { errorOf, type Verdict } from '../vendor-answers/verdict.ts'

export interface AudienceReport {
  readonly externalId: string
  readonly name: string | null
  /** People the platform recognised; bounds where it gives bounds; null while it says nothing. */
  readonly size: { readonly lower: number; readonly upper: number } | null
  readonly state: 'ready' | 'processing' | 'too_small' | 'blocked' | 'unknown'
  /** The platform's own words for the state, if it has any. */
  readonly detail: string | null
}

/** What a host tells of the audience's origin, as Segment's `personas`. */
export interface Computation {
  readonly computation_id?: string
}

/** Kept at the remote audience where there is a place, so that a new audience under an old name is not taken for the old one. */
export function computationMark(personas: Computation | undefined): string | null {
  return personas?.computation_id ? `TrackLayer: ${personas.computation_id}` : null
}

/** @throws PayloadValidationError for an empty name */
export function requireName(name: string | undefined): string {
  const trimmed = name?.trim()
  if (trimmed) return trimmed
  throw new PayloadValidationError('Cannot create an audience without a name')
}

/** @throws the error that a verdict on a request about an audience stands for */
export function assertAccepted(verdict: Verdict): void {
  if (verdict.kind !== 'accepted') throw errorOf(verdict, 1)
}

/** @throws IntegrationError 404 */
export function notFound(platform: string, externalId: string): never {
  throw new IntegrationError(`${platform} has no audience ${externalId}`, 'AUDIENCE_NOT_FOUND', 404)
}

/** @throws IntegrationError 502 when a platform created an audience and did not say which */
export function requireId(platform: string, id: unknown): string {
  if ((typeof id === 'string' && id) || typeof id === 'number') return String(id)
  throw new IntegrationError(
    `${platform} answered without the id of the audience`,
    'INVALID_RESPONSE',
    502,
  )
}
