// Why deliveries are filtered or wait (core/ledger-reason.ts), why a replay leaves one alone (core/replay.ts), and what
// becomes of a message that is not accepted (core/batch.ts).
import type { Outcome } from '../../../core/batch.ts'
import type { LedgerReason } from '../../../core/ledger-reason.ts'
import type { RefusalCode } from '../../../core/replay.ts'
import type { CodeTexts } from './code-text.ts'

export const LEDGER_REASONS: CodeTexts<LedgerReason> = {
  trigger: {
    means: 'No subscription of the destination asks for this event.',
    cause: 'The event is not meant for it, or its trigger is narrower than thought.',
    fix: 'Nothing, if it is meant so. Otherwise widen a trigger in the destination’s file, and replay.',
    retry: 'no',
  },
  too_old: {
    means: 'The event is older than what the platform takes.',
    cause: 'It came late, or waited longer than the destination’s maximum age.',
    fix: 'See what held it up: Segment, a pause, or consent that came late.',
    retry: 'no',
  },
  withdrawn: {
    means: 'Somebody took it back before it was sent.',
    cause:
      'It was withdrawn by hand: the decision says who, when and why, and whether an earlier attempt may have arrived.',
    fix: 'Nothing, if it is meant so. A replay sends it after all.',
    retry: 'no',
  },
  consent_denied: {
    means: 'The person refused a category that the destination needs.',
    cause: 'The event’s own consent says so, or a statement that came later.',
    fix: 'Nothing: this is how it should be. If it is wrong, look at the evidence on the message’s page.',
    retry: 'no',
  },
  consent_unknown: {
    means: 'Nobody knows whether the person allows it.',
    cause:
      'Neither the event nor the person said anything of a category that the destination needs.',
    fix: 'Held: it goes as soon as the person agrees, and is filtered when the time to wait is over. Send context.consent with events to have an answer at once.',
    retry: 'by_itself',
  },
  no_identifier: {
    means: 'The event has nothing by which the platform could find the person.',
    cause: 'No email, phone, click id or user id that this platform takes.',
    fix: 'Send one of them with the event, or identify the person before it.',
    retry: 'no',
  },
  unchanged: {
    means: 'The destination has exactly this already.',
    cause: 'A statement was repeated, or a change was taken back before it was sent.',
    fix: 'Nothing: sending it would not change anything there.',
    retry: 'no',
  },
  superseded: {
    means: 'A later change of the same membership took its place.',
    cause: 'The person entered and left again while the first change waited.',
    fix: 'Nothing: the later one is sent.',
    retry: 'no',
  },
  no_remote_audience: {
    means: 'The destination has no audience that the person could leave.',
    cause: 'Nobody was ever sent to it, so it was not made there.',
    fix: 'Nothing: it is made with the first person who enters.',
    retry: 'no',
  },
  not_sent: {
    means: 'The definition had the event, and sent nothing.',
    cause: 'Its own rules leave such an event out.',
    fix: 'A dry run on the message’s page shows what the definition makes of it.',
    retry: 'no',
  },
  repeat_window_over: {
    means: 'A replay came too late: the platform would take it for a new event by now.',
    cause:
      'The platform remembers ids for a while only, and that time was over before the turn came.',
    fix: 'Nothing: sent now, it would count twice. The delivery is what it was before the replay.',
    retry: 'no',
  },
  repeat_not_recognised: {
    means: 'A replay would not be recognised as a repeat.',
    cause: 'What the platform knows the event by is another one today than when it was first sent.',
    fix: 'Nothing: sent now, it would count twice. The delivery is what it was before the replay.',
    retry: 'no',
  },
  below_minimum_size: {
    means: 'The audience has fewer members than it must have before anybody is sent.',
    cause:
      'It is new or small; `minimum_size` in mappings/audiences.yaml keeps small groups private.',
    fix: 'It goes when enough are in it. Lower the number only if the platform and privacy allow it.',
    retry: 'by_itself',
  },
  earlier_under_way: {
    means: 'An earlier change of the same person is being sent.',
    cause: 'Sent side by side, the older one might arrive last.',
    fix: 'Nothing: it goes in a moment.',
    retry: 'by_itself',
  },
  remote_audience: {
    means: 'The audience is still being made at the platform.',
    cause: 'It is the first time that somebody enters, or the platform refused for the moment.',
    fix: 'Nothing at first. If it stays, the audience’s page says what the platform answered.',
    retry: 'by_itself',
  },
  audience_paused: {
    means: 'The audience paused at this destination.',
    cause: 'It was deleted or blocked there.',
    fix: 'Mend it there, then resume it on the audience’s page or with `tracklayer audience resume`.',
    retry: 'no',
  },
  replayed: {
    means: 'It waits because somebody had it sent again.',
    cause: 'A replay enqueued it, and the worker has not come to it yet.',
    fix: 'Nothing: it goes with the next turn. If it stays, see whether the destination is paused.',
    retry: 'by_itself',
  },
}

export const REPLAY_REFUSALS: CodeTexts<RefusalCode> = {
  destination_off: {
    means: 'The destination is not on in this environment.',
    cause: 'Its file is gone or off, or its settings are missing.',
    fix: 'Turn it on and ask for the replay again.',
    retry: 'no',
  },
  under_way: {
    means: 'The delivery is not settled yet.',
    cause: 'It is pending, retrying or held: the worker has it in hand.',
    fix: 'Nothing: it is sent without a replay.',
    retry: 'by_itself',
  },
  delivered: {
    means: 'The platform has it already.',
    cause: 'The selection reaches deliveries that succeeded.',
    fix: 'Leave it. To send it nevertheless, where the platform recognises repeats: include_delivered.',
    retry: 'no',
  },
  would_count_twice: {
    means: 'It arrived, and the platform would take a repeat for a new event.',
    cause:
      'The platform knows no repeats, has forgotten this one, or knows it by what has changed since.',
    fix: 'Leave it: nothing is missing there.',
    retry: 'no',
  },
  may_have_arrived: {
    means: 'An answer was lost, and nobody knows whether the platform has it.',
    cause: 'The connection broke after the request was sent, and the platform counts repeats.',
    fix: 'Look for it at the platform. If it is not there, ask again with confirm_unknown.',
    retry: 'no',
  },
}

export const MESSAGE_OUTCOMES: CodeTexts<Exclude<Outcome, 'accepted'>> = {
  duplicate: {
    means: 'Another message stated the same fact before.',
    cause: 'Segment delivered it twice, or two sources report one order.',
    fix: 'Nothing: it is stored, counts once, and its page leads to the one that counts.',
    retry: 'no',
  },
  unmapped: {
    means: 'The mapping table has no row for this name.',
    cause:
      'It is no business event, or its name is written otherwise than in the table: names are exact.',
    fix: 'Nothing, if it is meant so. Otherwise correct the name at its source, or add a row to mappings/events.yaml.',
    retry: 'no',
  },
  rejected: {
    means: 'The message can never be stored.',
    cause: 'Its id is missing or too long, or it is not of the form that Segment sends.',
    fix: 'The reason names the fault. Mend the sender; the raw entry is kept.',
    retry: 'no',
  },
}
