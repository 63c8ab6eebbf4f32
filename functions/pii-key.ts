// The secret of keyed PII actions, read when one is due: a policy without them needs no setting.
import * as host from './host.ts'

/** @throws RetryError while it is empty: nothing may leave unprotected, and nothing is lost meanwhile */
export function piiKeyOf(settings: Readonly<Record<string, unknown>> | null | undefined): string {
  const key = settings?.piiKey
  if (typeof key === 'string' && key.trim()) return key.trim()
  throw host.retry('Setting "piiKey" is empty; fill it in the function\'s settings')
}
