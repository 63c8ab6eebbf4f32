// What /v1/retention answers.
import { z } from 'zod'
import { SUBJECTS } from '../../retention-runs.ts'
import { at, count, environment, text } from './leaves.ts'

export const retention = z.object({
  environment,
  kept: z.array(
    z
      .object({
        subject: z.enum(['messages', ...SUBJECTS]),
        name: text('vip', 'Which of them, where they have limits of their own.').nullable(),
        kept_ms: count(2_592_000_000, 'Null: for good.').nullable(),
        last_run: z
          .object({
            ran_at: at(),
            removed_at: at().describe('When something was removed last.').nullable(),
            removed: count(3, 'How much that was.'),
            removed_in_all: count(41),
          })
          .nullable(),
      })
      .meta({ id: 'KeptThing' }),
  ),
})
