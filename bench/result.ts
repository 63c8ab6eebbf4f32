// What a part of the bench hands back, for the table and for bench/results/latest.json.
import type { Spread } from './measure.ts'

export interface Row {
  readonly what: string
  readonly value: Spread
  readonly unit: string
  /** Of this row and the one it is compared with; null for that one itself. */
  readonly ratio?: Spread
  readonly mark?: Mark
}

export interface Mark {
  /** As people read it, e.g. `≤ 2.5x`. */
  readonly want: string
  readonly isMet: boolean
}

export interface PartResult {
  readonly name: string
  readonly title: string
  readonly rows: readonly Row[]
  /** What a reader must know to read the rows. */
  readonly notes: readonly string[]
}

export interface PartOptions {
  /** Measured time of the parts that run for a time. */
  readonly seconds: number
  /** One line on what is being done now. */
  readonly progress: (line: string) => void
}

export type Part = (options: PartOptions) => Promise<PartResult>

export function exactly(value: number): Spread {
  return { median: value, min: value, max: value }
}
