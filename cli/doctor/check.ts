// What a check of `tracklayer doctor` says.

export interface Finding {
  /** Which link of the chain. */
  readonly check: string
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly words: string
  /** What a person does next; a command where there is one. */
  readonly fix?: string
}

export function ok(check: string, words: string): Finding {
  return { check, state: 'ok', words }
}

export function warning(check: string, words: string, fix: string): Finding {
  return { check, state: 'warning', words, fix }
}

export function failed(check: string, words: string, fix: string): Finding {
  return { check, state: 'failed', words, fix }
}

export function skipped(check: string, words: string, fix: string): Finding {
  return { check, state: 'skipped', words, fix }
}
