// Who is told from whom: "Best Practices", baseline requirements for matching. Since v13.0 Meta refuses an event whose
// customer information is one of these combinations, or a part of one (subcode 2804050).
import type { MetaUserData } from './build-event.ts'

const TOO_BROAD: readonly ReadonlySet<string>[] = [
  new Set(['ct', 'country', 'st', 'zp', 'ge', 'client_user_agent']),
  new Set(['db', 'client_user_agent']),
  new Set(['fn', 'ge']),
  new Set(['ln', 'ge']),
]

/** True too when there is nothing at all. */
export function isTooBroad(data: MetaUserData): boolean {
  // One of these is enough whatever else there is; nearly every event has one.
  if (data.em || data.external_id || data.client_ip_address || data.fbp || data.fbc || data.ph)
    return false
  const present = Object.keys(data)
  return TOO_BROAD.some((combination) => present.every((name) => combination.has(name)))
}
