// Errors that functions, commands and the worker name (core/errors.ts).
import type { ErrorCode } from '../../../core/errors.ts'
import type { CodeTexts } from './code-text.ts'

export const THROWN_ERRORS: CodeTexts<ErrorCode> = {
  MESSAGE_INVALID: {
    means: 'A message or a request has a form that can never be accepted.',
    cause: 'A field that everything hangs on is missing or has another type.',
    fix: 'The text names the field. Mend the sender; what is stored already is not lost.',
    retry: 'no',
  },
  MESSAGE_UNSUPPORTED: {
    means: 'A message of a kind that is not taken here.',
    cause: 'A source sends calls that this function or action has no use for.',
    fix: 'Nothing, if it is meant so. Otherwise connect the source to what takes that kind.',
    retry: 'no',
  },
  SETTINGS_INVALID: {
    means: 'Something that had to be set is missing or wrong.',
    cause: 'A variable, a setting of the function or a value of a mapping file.',
    fix: 'The text names it. Set it and try again; Segment sends events again for hours meanwhile.',
    retry: 'yes',
  },
  AUTH_REJECTED: {
    means: 'The other side does not accept our credential.',
    cause:
      'A secret was changed on one side only, a token ran out, or the clocks are minutes apart.',
    fix: 'Compare account, environment and secret on both sides, or connect the account anew.',
    retry: 'yes',
  },
  RATE_LIMITED: {
    means: 'The other side asks us to slow down.',
    cause: 'Its limit is lower than what we send.',
    fix: 'Nothing: it is tried again when the other side said. If it stays, lower `limits` of the destination.',
    retry: 'by_itself',
  },
  UNAVAILABLE: {
    means: 'The other side cannot be reached, or cannot work now.',
    cause: 'It restarts, the network is down, or its database does not answer.',
    fix: 'Check the address, and whether it runs. Nothing is lost meanwhile.',
    retry: 'yes',
  },
  TIMED_OUT: {
    means: 'No whole answer came in time.',
    cause: 'The other side is slow, or the connection broke while it answered.',
    fix: 'If it stays, ask the other side why, or raise the time limit of the destination.',
    retry: 'yes',
  },
  RECEIVER_REJECTED: {
    means: 'The other side understood the request, and refuses it.',
    cause: 'It finds the content wrong; its words stand in the text.',
    fix: 'Change what its words name: a mapping, a property, an id.',
    retry: 'no',
  },
  SIGNATURE_INVALID: {
    means: 'The signature of a request does not hold.',
    cause: 'Another secret, another environment, or a body that was changed after it was signed.',
    fix: 'Use the live secret of this environment, and sign the bytes as they are sent.',
    retry: 'no',
  },
  MAPPING_INVALID: {
    means: 'A file of mappings/ cannot be used.',
    cause: 'A misspelt key, a directive that does not exist, a trigger that cannot be read.',
    fix: 'The text names the file and each fault with its line. `tracklayer mappings check` tells before a deploy.',
    retry: 'no',
  },
}
