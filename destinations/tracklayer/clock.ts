// The one place of this destination where the time is read: a signature is of the moment it is sent.

export function now(): number {
  return Date.now()
}
