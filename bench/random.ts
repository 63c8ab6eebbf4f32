// Seeded chance: two runs of the bench send the same messages.
import { createRandom } from '../core/clock.ts'

export interface Chance {
  /** From 0 up to, not including, 1. */
  next(): number
  /** A whole number below `limit`. */
  below(limit: number): number
  pick<Item>(items: readonly Item[]): Item
  /** Hexadecimal digits. */
  hex(length: number): string
}

export function createChance(seed: number): Chance {
  const next = createRandom(seed)
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    next,
    below,
    pick: <Item>(items: readonly Item[]) => items[below(items.length)] as Item,
    hex: (length) => Array.from({ length }, () => below(16).toString(16)).join(''),
  }
}
