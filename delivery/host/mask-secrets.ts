// What the host keeps of requests and errors is read by people: secrets must not be in it.
import type { Outcome } from './run-definition.ts'

/** Replaces every secret in `text` by dots. Secrets shorter than six characters would mask ordinary words. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= 6)
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .reduce((masked, secret) => masked.replaceAll(secret, '•••'), text)
}

/** The outcome with its address, answer and reason masked. */
export function maskOutcome(outcome: Outcome, secrets: readonly string[]): Outcome {
  const mask = (text: string) => maskSecrets(text, secrets)
  const { exchange } = outcome
  const masked = exchange && {
    ...exchange,
    url: mask(exchange.url),
    response: mask(exchange.response),
  }
  if (outcome.kind === 'accepted') return { ...outcome, exchange: masked }
  const failure = { ...outcome.failure, reason: mask(outcome.failure.reason) }
  return { ...outcome, failure, exchange: masked }
}
