// Every stable code, in the groups in which the pages show them.
import { API_ERRORS } from './api-errors.ts'
import type { CodeTexts } from './code-text.ts'
import { LEDGER_REASONS, MESSAGE_OUTCOMES, REPLAY_REFUSALS } from './ledger-reasons.ts'
import { THROWN_ERRORS } from './thrown-errors.ts'

export interface CodeGroup {
  readonly name: string
  /** Where a reader meets these codes. */
  readonly where: string
  readonly codes: CodeTexts<string>
}

export const CATALOGUE: readonly CodeGroup[] = [
  { name: 'Answers of the API', where: 'error.code of an answer', codes: API_ERRORS },
  { name: 'Messages', where: 'outcome of a message', codes: MESSAGE_OUTCOMES },
  { name: 'Deliveries', where: 'reason of a delivery', codes: LEDGER_REASONS },
  { name: 'Replays', where: 'refusal of a delivery in a replay', codes: REPLAY_REFUSALS },
  { name: 'Functions and commands', where: 'code of a thrown error', codes: THROWN_ERRORS },
]
