// What a rule reports, and where.

export interface Finding {
  readonly rule: string
  /** An error does not load or cannot work on the host; a warning works and is seldom meant. */
  readonly level: 'error' | 'warning'
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly message: string
  readonly fix: string
}

export type FindingText = Omit<Finding, 'line' | 'column'>

/** Turns an offset in `code` into a line and a column, both from 1. */
export function positionAt(code: string, offset: number): { line: number; column: number } {
  const before = code.slice(0, offset)
  const line = before.split('\n').length
  return { line, column: offset - (before.lastIndexOf('\n') + 1) + 1 }
}
