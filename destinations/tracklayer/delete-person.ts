// Segment forwards the deletion of a person. It hands over the ids alone, so the message id is made here.
import type { DestinationDefinition } from '@segment/actions-core'
import { now } from './clock.ts'
import type { Settings } from './generated-types.ts'
import { messageOf } from './message.ts'
import type { Plan } from './send.ts'
import { sendOne } from './send.ts'

interface Person {
  readonly userId?: unknown
  readonly anonymousId?: unknown
}

const plan: Plan<Person> = {
  as: 'message',
  messageOf: ({ userId, anonymousId }) => {
    const user = textOf(userId)
    const anonymous = textOf(anonymousId)
    // Repeats of a day are one message; the same person may be deleted again another day.
    const day = new Date(now()).toISOString().slice(0, 10)
    return messageOf(
      {
        user_id: user,
        anonymous_id: anonymous,
        message_id: `delete-${day}-${user}-${anonymous}`.slice(0, 255),
      },
      { type: 'delete' },
    )
  },
}

function textOf(id: unknown): string {
  return id ? String(id) : ''
}

export const deletePerson: NonNullable<DestinationDefinition<Settings>['onDelete']> = (
  request,
  { payload, settings },
) => sendOne<Person>(request, { payload, settings }, plan)
