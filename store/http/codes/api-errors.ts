// The errors of the HTTP API (../errors.ts).
import type { ApiErrorCode } from '../errors.ts'
import type { CodeTexts } from './code-text.ts'

export const API_ERRORS: CodeTexts<ApiErrorCode> = {
  invalid_json: {
    means: 'The body is not JSON.',
    cause: 'It was cut off, encoded twice, or is a form.',
    fix: 'Send what JSON.stringify makes, as UTF-8. Of a signed request, sign exactly the bytes you send.',
    retry: 'no',
  },
  invalid_batch: {
    means: 'The body is JSON, but no batch.',
    cause: 'A single message was sent, or a list without the object around it.',
    fix: 'Send { "batch": [ { "message", "kind", "canonical", "warnings" } ] }; core/send-messages.ts makes it.',
    retry: 'no',
  },
  invalid_audience: {
    means: 'The request neither creates an audience nor asks for one.',
    cause: '"action" or a part of "audience" is missing.',
    fix: 'The message names the part. Send "action": "create" with audience.name, or "get" with audience.id.',
    retry: 'no',
  },
  invalid_cursor: {
    means: 'The cursor is not one that a page gave out.',
    cause: 'It was changed on the way, or belongs to another list or to another search.',
    fix: 'Begin without a cursor, then give the one of each answer as it came.',
    retry: 'no',
  },
  invalid_period: {
    means: 'since, until and window make no period.',
    cause: 'An instant is not ISO 8601, since is not before until, or the window is no duration.',
    fix: 'Write instants as 2026-11-01 or 2026-11-01T10:00:00Z, and durations as 72h or 7d.',
    retry: 'no',
  },
  invalid_request: {
    means: 'The query or the body does not fit what the route takes.',
    cause: 'A name is misspelt, a value is out of range, or something that is needed is missing.',
    fix: 'The message names each fault with its place. The page of the route lists what it takes.',
    retry: 'no',
  },
  unauthorized: {
    means: 'The store does not know who asks.',
    cause: 'No key or an old one, a session that ended, or a signature that no live secret made.',
    fix: 'Send Authorization: Bearer with a key of the environment. Signed: check account, environment, secret and the clock; the store’s own log says which of them failed.',
    retry: 'no',
  },
  forbidden: {
    means: 'Whoever asks is known, and may not do this.',
    cause: 'The key or the session has a lower role than the route takes.',
    fix: 'The message names the role. Ask an admin for a key or a link of that role.',
    retry: 'no',
  },
  not_found: {
    means: 'There is nothing of this name in this environment.',
    cause: 'The id is of another environment, was never stored, or is older than the retention.',
    fix: 'Check the id and which environment the key opens; nothing of one can be seen from another.',
    retry: 'no',
  },
  conflict: {
    means: 'The request is sound, and what it concerns is not in a state for it.',
    cause:
      'It is under way already, or was asked for before with the same Idempotency-Key and something else in it.',
    fix: 'Read the state first; the message says what stands in the way.',
    retry: 'no',
  },
  still_in_use: {
    means: 'The secret still signs what comes in, and was not retired.',
    cause:
      'A function or a webhook signed with it within the last hour, or nothing else has signed since.',
    fix: 'Give whatever signs with it the new secret, and retire it when its last use is past. To refuse it at once all the same, send "confirm": true.',
    retry: 'no',
  },
  body_too_large: {
    means: 'The body has more bytes than the store takes.',
    cause: 'A batch of too many messages, or messages with very large properties.',
    fix: 'Send smaller batches; the message names the limit.',
    retry: 'no',
  },
  too_many_entries: {
    means: 'The batch has more entries than one request may have.',
    cause: 'The sender does not split what it sends.',
    fix: 'Split it; the message names the limit.',
    retry: 'no',
  },
  unsupported_media_type: {
    means: 'The body is not declared as JSON.',
    cause: 'The header Content-Type is missing, or names something else.',
    fix: 'Send Content-Type: application/json.',
    retry: 'no',
  },
  unsupported_kind: {
    means: 'The address takes one kind of entry, and the batch has another.',
    cause: 'Events were sent to /segment/audiences.',
    fix: 'Send memberships alone there, and everything else to /segment/events.',
    retry: 'no',
  },
  overloaded: {
    means: 'The store is storing as many batches as it takes at once.',
    cause: 'A burst, or a database that is slow now.',
    fix: 'Send the same batch again after Retry-After. If it stays, look at the database’s load.',
    retry: 'yes',
  },
  internal: {
    means: 'The store failed, and it is a fault of ours.',
    cause: 'Something nobody thought of; the store’s log has the whole of it.',
    fix: 'Read the log of that moment. Sending again is safe: what came in twice is stored once.',
    retry: 'yes',
  },
  unavailable: {
    means: 'The store cannot reach its database now.',
    cause: 'The database restarts, is full, or does not answer in time.',
    fix: 'Ask again after Retry-After. If it stays, look at /readyz and at the database.',
    retry: 'yes',
  },
}
