// Ids as they stand in vendors' answers, from the twin's own chance so that a seed repeats them.
import type { Random } from '../../core/clock.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'
const HEX = '0123456789abcdef'

export function randomText(random: Random, length: number, alphabet = LETTERS): string {
  return Array.from(
    { length },
    () => alphabet[Math.floor(random() * alphabet.length)] as string,
  ).join('')
}

/** The form of a version 4 UUID. */
export function randomUuid(random: Random): string {
  const hex = (length: number) => randomText(random, length, HEX)
  const variant = randomText(random, 1, '89ab')
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`
}
