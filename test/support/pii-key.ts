// Stands for the secret that the functions read from their settings.
export function piiKeyOf(settings: Readonly<Record<string, unknown>> | null | undefined): string {
  const key = settings?.piiKey
  if (typeof key === 'string') return key
  throw new Error('no piiKey')
}
