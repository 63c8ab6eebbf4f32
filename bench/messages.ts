// Texts of messages to parse afresh for each run: a message is canonicalised once in its life, when its strings are new.
import { createChance } from './random.ts'
import { createShop } from './samples.ts'

/** More than fit the processor's caches together, as a stream of messages is. */
const TEXTS = 2_000

export type MessageSet = 'order' | 'mix'

export interface MessageTexts {
  readonly meanBytes: number
  /** The next texts, round and round. */
  take(count: number): string[]
}

export function createMessageTexts(set: MessageSet, seed: number): MessageTexts {
  const shop = createShop(createChance(seed))
  const texts = Array.from({ length: TEXTS }, () =>
    JSON.stringify(shop.message(set === 'order' ? 'order' : shop.kind())),
  )
  let at = 0
  const next = () => texts[at++ % TEXTS] as string
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  return {
    meanBytes: Math.round(bytes / TEXTS),
    take: (count) => Array.from({ length: count }, next),
  }
}
