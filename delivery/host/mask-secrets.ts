// What the host keeps of requests and errors is read by people: secrets must not be in it.
/** Replaces every secret in `text` by dots. Secrets shorter than six characters would mask ordinary words. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= 6)
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .reduce((masked, secret) => masked.replaceAll(secret, '•••'), text)
}
