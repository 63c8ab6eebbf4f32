// Runs an action with a valid access token: a token that the platform refuses is renewed once, and what it refused is
// sent again with the new one.

import { TrackLayerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { type Failure, failureOf, isOutageStatus } from './failure.ts'
import { maskOutcome } from './mask-secrets.ts'
import { type Outcome, type RunOptions, runDefinition } from './run-definition.ts'
import type { TokenSource, Tokens } from './token-source.ts'

/** Never rejects, as `runDefinition`; without a token source it is `runDefinition`. Tokens are masked in what it tells. */
export async function runAuthorised(
  source: TokenSource | undefined,
  options: Omit<RunOptions, 'auth'>,
  payloads: readonly JsonObject[],
  run = runDefinition,
): Promise<Outcome[]> {
  if (!source) return run({ ...options, auth: undefined }, payloads)
  const tokens = await source.current().catch(tokenFailure)
  if ('reason' in tokens) return payloads.map(() => failed(tokens))
  const outcomes = await runWith(tokens, options, payloads, run)
  const refused = [...outcomes.keys()].filter((at) => isTokenRefused(outcomes[at]))
  if (refused.length === 0) return outcomes
  const again = await runRenewed(source, tokens, options, pick(payloads, refused), run)
  refused.forEach((place, at) => {
    outcomes[place] = again[at] as Outcome
  })
  return outcomes
}

async function runRenewed(
  source: TokenSource,
  { version }: Tokens,
  options: Omit<RunOptions, 'auth'>,
  payloads: readonly JsonObject[],
  run: typeof runDefinition,
): Promise<Outcome[]> {
  const tokens = await source.newerThan(version).catch(tokenFailure)
  if ('reason' in tokens) return payloads.map(() => failed(tokens))
  return runWith(tokens, options, payloads, run)
}

async function runWith(
  tokens: Tokens,
  options: Omit<RunOptions, 'auth'>,
  payloads: readonly JsonObject[],
  run: typeof runDefinition,
): Promise<Outcome[]> {
  const outcomes = await run({ ...options, auth: tokens }, payloads)
  const secrets = [tokens.accessToken, tokens.refreshToken]
  return outcomes.map((outcome) => maskOutcome(outcome, secrets))
}

const isTokenRefused = (outcome: Outcome | undefined): boolean =>
  outcome?.kind === 'failed' && outcome.failure.status === 401

const pick = <Item>(items: readonly Item[], places: readonly number[]): Item[] =>
  places.map((at) => items[at] as Item)

const failed = (failure: Failure): Outcome => ({ kind: 'failed', failure, exchange: null })

// Of the event nothing was sent yet. What the token endpoint refuses for good (RFC 6749, 5.2: 400 invalid_grant) is the
// credential's fault, never the event's.
function tokenFailure(error: unknown): Failure {
  const failure = failureOf(error)
  const isOurs = error instanceof TrackLayerError
  const isCredential =
    failure.status === null
      ? isOurs && (error.code === 'AUTH_REJECTED' || error.code === 'SETTINGS_INVALID')
      : !isOutageStatus(failure.status)
  const reason = `no access token: ${failure.reason}`
  const isOutage = !isCredential
  return {
    ...failure,
    reason,
    retryable: true,
    split: false,
    isAnswerLost: false,
    isCredential,
    isOutage,
  }
}
