// How a secret is named where people look: by a digest that tells two of them apart and gives none of them away.
import { createHash } from 'node:crypto'

/**
 * Twelve hexadecimal digits. Of the signing secrets, of which 16 characters are the least and 64 random ones the advice,
 * 48 bits of a digest leave far too many candidates to say anything.
 */
export function secretFingerprint(secret: string): string {
  return createHash('sha256').update(`tracklayer secret: ${secret}`).digest('hex').slice(0, 12)
}
