// What a signed-in person or a key may do. Each role may do what the one before it may.

export const ROLES = ['viewer', 'operator', 'admin'] as const
/** `viewer` reads with personal data masked; `operator` acts on deliveries; `admin` sees personal data, signs others in. */
export type Role = (typeof ROLES)[number]

export function isRole(value: unknown): value is Role {
  return (ROLES as readonly unknown[]).includes(value)
}

/** True when `role` may do what takes `needed`. */
export function mayAct(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}
